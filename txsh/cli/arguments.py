"""Reads the command line. A parser of our own: argparse alone costs a seventh of what a whole run may.

Options may stand anywhere; what is not understood is an error that says what was meant.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple

COMMANDS = ("run", "serve", "help")
FORMATS = ("text", "json")

_VALUES = {
    "-b": "backend",
    "--backend": "backend",
    "-c": "text",
    "--format": "format",
    "--qemu": "qemu",
    "--wrapper": "wrapper",
    "--socket": "socket",
    "--profile": "profile",
    "--program": "program",
}
_FLAGS = {
    "-h": "help",
    "--help": "help",
    "--version": "version",
    "--debug": "debug",
    "--keep": "keep",
    "--yes": "yes",
    "--as-is": "as_is",
}


class UsageError(Exception):
    """The command line is wrong.

    Args:
        message: what is wrong, one line.
        advice: what to do, or None.
    """

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class Arguments(NamedTuple):
    """A command line as it was understood.

    Args:
        command: one of `COMMANDS`, or None.
        operands: what stands after the command, options taken out.
        backend: as written after ``-b``; None: the default.
        text: the text of ``-c``.
        qemu: what ``--qemu`` names, a binary or the folder of a build.
        wrapper: the command that a launched QEMU runs under, as written.
        keep: leave the folder of a launched QEMU behind.
        socket: where ``serve`` serves.
        profile: the version that ``serve`` models, as written; None: the newest built.
        program: the program that it models; None: ``qemu-system``.
        yes: go on where something would be lost that was there before.
        as_is: send what this QEMU has a defect for.
        debug: show the traceback when txsh itself is at fault.
    """

    command: str | None = None
    operands: tuple[str, ...] = ()
    backend: str | None = None
    format: str = "text"
    text: str | None = None
    qemu: str | None = None
    wrapper: str | None = None
    socket: str | None = None
    profile: str | None = None
    program: str | None = None
    keep: bool = False
    yes: bool = False
    as_is: bool = False
    help: bool = False
    version: bool = False
    debug: bool = False


def read_arguments(words: Sequence[str]) -> Arguments:
    """Understand the words after the program's name.

    Raises:
        UsageError: they are wrong.
    """
    options, operands = _split(words)
    arguments = Arguments(**options)  # type: ignore[arg-type]  # _VALUES and _FLAGS name its members
    if arguments.format not in FORMATS:
        raise UsageError(f"no format is called '{arguments.format}'", f"use {' or '.join(FORMATS)}")
    if arguments.text is not None:
        if operands:
            raise UsageError(
                f"unexpected '{operands[0]}': -c takes its whole text as one argument",
                "put the text in single quotes: txsh -c 'transaction < backup drive0 >'",
            )
        return arguments
    if operands and operands[0] not in COMMANDS:
        raise _unknown_command(operands[0])
    _check_serving(arguments, operands[:1])
    if operands[:1] == ["serve"]:
        _check_options_of_serve(arguments)
    return arguments._replace(command=operands[0] if operands else None, operands=tuple(operands[1:]))


def _check_serving(arguments: Arguments, command: list[str]) -> None:
    for name in ("socket", "profile", "program"):
        if getattr(arguments, name) is not None and command not in (["serve"], []):
            raise UsageError(f"--{name} is an option of 'txsh serve'")


def _check_options_of_serve(arguments: Arguments) -> None:
    """A served simulator sends what its clients send, launches nothing and runs nothing to its end."""
    for name in ("qemu", "wrapper", "keep", "yes", "as_is"):
        if getattr(arguments, name) not in (None, False):
            message = f"--{name.replace('_', '-')} is about running scripts"
            raise UsageError(message, "serve takes --socket PATH, --profile VERSION and --program NAME")


def _split(words: Sequence[str]) -> tuple[dict[str, str | bool], list[str]]:
    """The options by member of `Arguments`, and the words that are none."""
    options: dict[str, str | bool] = {}
    operands: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            operands += left
        elif word == "-" or not word.startswith("-"):
            operands.append(word)
        else:
            _take_option(word, left, options)
    return options, operands


def _take_option(word: str, left: Iterable[str], options: dict[str, str | bool]) -> None:
    name, value = _name_and_value(word)
    if name in _FLAGS:
        if value is not None:
            raise UsageError(f"{name} takes no value")
        options[_FLAGS[name]] = True
        return
    if name not in _VALUES:
        raise _unknown_option(name)
    if value is None:
        value = next(iter(left), None)
    if value is None:
        raise UsageError(f"{name} needs a value", _example(name))
    member = _VALUES[name]
    if member in options:
        raise UsageError(f"{name} is given twice")
    options[member] = value


def _name_and_value(word: str) -> tuple[str, str | None]:
    """``--format=json`` and ``-bqsd`` carry their value."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def _example(name: str) -> str:
    return {
        "text": "for example: txsh -c 'transaction < backup drive0 >'",
        "format": f"use {' or '.join(FORMATS)}",
        "backend": "for example: -b sim, -b qemu, -b qsd, -b qmp:/run/qmp.sock",
        "qemu": "for example: --qemu build/qemu-system-x86_64, or --qemu build",
        "wrapper": "for example: --wrapper 'gdb --args'",
        "socket": "for example: --socket /tmp/qmp.sock",
        "profile": "for example: --profile 7.2",
        "program": "use qemu-system or qsd",
    }[_VALUES[name]]


def _unknown_option(name: str) -> UsageError:
    if name.removeprefix("--") in FORMATS:
        return UsageError(f"no option is called '{name}'", f"did you mean '--format {name.removeprefix('--')}'?")
    meant = _meant(name, (*_VALUES, *_FLAGS)) or "'txsh --help' tells the options"
    return UsageError(f"no option is called '{name}'", meant)


def _unknown_command(word: str) -> UsageError:
    import os

    if word == "-" or word.endswith(".txsh") or os.path.isfile(word):  # noqa: PTH113  # pathlib costs start-up
        return UsageError(f"'{word}' is no command", f"to run a script: txsh run {word}")
    meant = _meant(word, COMMANDS) or f"commands are: {', '.join(COMMANDS)}; 'txsh --help' tells more"
    return UsageError(f"no command is called '{word}'", meant)


def _meant(word: str, candidates: Sequence[str]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(word, candidates, 1)
    return f"did you mean '{near[0]}'?" if near else None
