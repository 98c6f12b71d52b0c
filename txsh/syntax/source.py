"""A text with a name, and places in it. Offsets are code points; people see lines and columns from 1."""

from __future__ import annotations

from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.syntax.diagnostic import Diagnostic
else:
    from txsh.named import NamedTuple


class Source:
    """One text that was read: a file, standard input, ``-c``, or a prompt's entry.

    Args:
        name: what messages call it, such as ``nightly.txsh`` or ``<command line>``.
        text: the whole text, as read (a byte order mark already taken off).
    """

    __slots__ = ("_line_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._line_starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; the column counts code points."""
        starts = self._starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        starts = self._starts()
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def _starts(self) -> list[int]:
        if self._line_starts is None:
            self._line_starts = [0]
            self._line_starts += [index + 1 for index, letter in enumerate(self.text) if letter == "\n"]
        return self._line_starts

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


class Span(NamedTuple):
    """A half-open piece of a source, ``[start, end)`` in code points."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The piece itself."""
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> str:
        """``file:line:column`` of its start."""
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of another one in the same source."""
        return Span(self.source, self.start, other.end)


def source_from_bytes(name: str, data: bytes) -> Source | Diagnostic:
    """The source of a file's bytes, its byte order mark taken off; a diagnostic when they are not UTF-8."""
    from txsh.syntax.diagnostic import Diagnostic  # noqa: PLC0415  # it imports this file

    try:
        return Source(name, data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        # Surrogates stand for the bytes that are no UTF-8, so that the excerpt can show them.
        start = len(data[: error.start].decode("utf-8"))
        here = Span(Source(name, data.decode("utf-8", "surrogateescape")), start, start + 1)
        message = f"this is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        advice = "it looks like UTF-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else None
        return Diagnostic("not-utf-8", message, here, "save the text as UTF-8", advice)
