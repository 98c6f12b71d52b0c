"""``txsh run FILE... | -``: script files, each on a backend of its own."""

from __future__ import annotations

from txsh.cli.arguments import UsageError
from txsh.syntax.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.cli.arguments import Arguments
    from txsh.cli.output import Output


def main(arguments: Arguments, output: Output) -> int:
    """Run the files in order; returns the highest of their exit codes. After a signal no further one is run.

    Raises:
        UsageError: there is no file, or the backend is none.
    """
    from txsh.cli.interrupt import Interrupt, Interrupted, code_of, reason_of
    from txsh.cli.message import complain
    from txsh.cli.play import Player
    from txsh.cli.script import read_script, shown_name

    if not arguments.operands:
        raise UsageError("no file to run", "txsh run FILE... runs files, txsh run - standard input")
    if arguments.operands.count("-") > 1:
        raise UsageError("standard input can be read only once")
    with Interrupt() as interrupt:
        player = Player(arguments, output, interrupt)
        highest = 0
        for place, name in enumerate(arguments.operands, 1):
            try:
                interrupt.raise_from_here()
                script = read_script(name)
                code = player.play(script) if isinstance(script, Source) else player.refuse(script)
            except Interrupted as interrupted:
                code = player.broken_off(shown_name(name), interrupted)
            highest = max(highest, code)
            if interrupt.number and place < len(arguments.operands):
                complain(output, f"{reason_of(interrupt.number)}, so what follows {shown_name(name)} was not run")
                return max(highest, code_of(interrupt.number))
    return highest
