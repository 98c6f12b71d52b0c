"""The entry point: what every exit of txsh goes through."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.cli.arguments import Arguments
    from txsh.cli.output import Output

_CTRL_C = 2
"""The number of SIGINT."""


def main(words: Sequence[str] | None = None) -> int:
    """Run txsh; returns the exit code.

    Args:
        words: the command line without the program's name; None: that of the process.
    """
    try:
        return _main(sys.argv[1:] if words is None else words)
    except KeyboardInterrupt as interrupted:
        return 128 + getattr(interrupted, "number", _CTRL_C)


def _main(words: Sequence[str]) -> int:
    from txsh.cli.arguments import UsageError, read_arguments
    from txsh.cli.code import AT_FAULT, WRONG
    from txsh.cli.output import Output

    output = Output()
    try:
        arguments = read_arguments(words)
        code = _run(arguments, output)
    except UsageError as wrong:
        from txsh.cli.message import complain

        complain(output, wrong.message, wrong.advice)
        code = WRONG
    except Exception:  # noqa: BLE001  # no input may show a traceback; what is ours to mend says so
        code = _confess(output, words)
    if output.failure is not None:
        output.write_error(f"txsh: cannot write standard output: {output.failure.strerror}\n")
        return max(code, AT_FAULT)
    return code


def _run(arguments: Arguments, output: Output) -> int:
    if arguments.version:
        from txsh import __version__

        output.write(f"txsh {__version__}\n")
        return 0
    if arguments.help:
        from txsh.cli.usage import LONG

        output.write(LONG)
        return 0
    if arguments.text is not None:
        from txsh.cli import text

        return text.main(arguments, output)
    if arguments.command == "run":
        from txsh.cli import run

        return run.main(arguments, output)
    if arguments.command == "serve":
        from txsh.cli import serve

        return serve.main(arguments, output)
    if arguments.command == "help":
        from txsh.cli import help as help_command

        return help_command.main(arguments, output)
    from txsh.cli.code import WRONG
    from txsh.cli.usage import SHORT

    output.write_error(SHORT)
    return WRONG


def _confess(output: Output, words: Sequence[str]) -> int:
    """We are wrong: say so, and what a report needs."""
    import platform
    import traceback

    from txsh import __version__
    from txsh.cli.code import AT_FAULT

    if "--debug" in words:
        output.write_error(traceback.format_exc())
    failure = sys.exception()
    frame = traceback.extract_tb(failure.__traceback__)[-1] if failure else None
    where = f" at {frame.filename.rpartition('/')[2]}:{frame.lineno}" if frame else ""
    output.write_error(
        f"txsh: a mistake of txsh itself, not of your script: {type(failure).__name__}: {failure}{where}\n"
        f"  please report it with the script and this line: txsh {__version__}, "
        f"Python {platform.python_version()}, {platform.platform()}\n"
        "  --debug shows the traceback\n"
    )
    return AT_FAULT
