"""``txsh run FILE... | -``: script files, each on a backend of its own."""

from __future__ import annotations

from txsh.cli.arguments import UsageError
from txsh.syntax.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.cli.arguments import Arguments
    from txsh.cli.output import Output


def main(arguments: Arguments, output: Output) -> int:
    """Run the files in order; returns the highest of their exit codes.

    Raises:
        UsageError: there is no file, or the backend is none.
    """
    from txsh.cli.play import Player
    from txsh.cli.script import read_script

    if not arguments.operands:
        raise UsageError("no file to run", "txsh run FILE... runs files, txsh run - standard input")
    if arguments.operands.count("-") > 1:
        raise UsageError("standard input can be read only once")
    player = Player(arguments, output)
    highest = 0
    for name in arguments.operands:
        script = read_script(name)
        highest = max(highest, player.play(script) if isinstance(script, Source) else player.refuse(script))
    return highest
