"""``txsh -c TEXT``: a text in the small world that it starts with."""

from __future__ import annotations

from txsh.syntax.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.cli.arguments import Arguments
    from txsh.cli.output import Output

NAME = "<command line>"


def main(arguments: Arguments, output: Output) -> int:
    """Run the text; returns the exit code.

    Raises:
        UsageError: the backend is none.
    """
    from txsh.check import world
    from txsh.cli.interrupt import Interrupt, Interrupted
    from txsh.cli.play import Player

    assert arguments.text is not None
    with Interrupt() as interrupt:
        player = Player(arguments, output, interrupt)
        try:
            interrupt.raise_from_here()
            return player.play(Source(NAME, arguments.text), prelude=Source(world.NAME, world.TEXT))
        except Interrupted as interrupted:
            return player.broken_off(NAME, interrupted)
