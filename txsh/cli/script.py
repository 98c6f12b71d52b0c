"""Reads the text of a script from a file or standard input; whatever is wrong with the file comes back as a value."""

from __future__ import annotations

from txsh.syntax.source import source_from_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Source
else:
    from txsh.named import NamedTuple

BYTES_MAX = 64 << 20
"""A script is a text that people read; a disk image given by mistake is not read to its end."""

STANDARD_INPUT = "<stdin>"


class Unreadable(NamedTuple):
    """A script that could not be read: what it is called, and why."""

    name: str
    reason: str


def shown_name(name: str) -> str:
    """What a script is called in messages."""
    return STANDARD_INPUT if name == "-" else name


def read_script(name: str) -> Source | Diagnostic | Unreadable:
    """The script in a file; ``-`` is standard input. A diagnostic tells which byte is no text."""
    shown = shown_name(name)
    try:
        data = _read(name)
    except OSError as failure:
        return Unreadable(shown, failure.strerror or str(failure))
    except ValueError:
        return Unreadable(shown, "a file name cannot hold a zero byte")
    if len(data) > BYTES_MAX:
        return Unreadable(shown, f"it is larger than {BYTES_MAX >> 20} MiB, so it is no script")
    return source_from_bytes(shown, data)


def _read(name: str) -> bytes:
    """At most one byte more than the largest script."""
    if name == "-":
        with open(0, "rb", closefd=False) as stream:
            return stream.read(BYTES_MAX + 1)
    with open(name, "rb") as stream:  # noqa: PTH123  # pathlib costs start-up
        return stream.read(BYTES_MAX + 1)
