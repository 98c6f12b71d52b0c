"""One line of a source with carets under a place in it, as a terminal shows them: by columns, not by letters."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from txsh.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.syntax.source import Span

_TAB = 4
_CUT = "..."
_CUT_SHARE = 3
"""One third of the width stays before the caret in a line that is cut: what stands behind it says more."""


def excerpt(span: Span, width: int) -> tuple[str, str]:
    """The line in which a span starts, and the carets below it.

    A span that goes on in later lines is marked to the end of its first line, with ``...`` behind the carets. A line
    wider than `width` columns is cut on both sides of the carets.
    """
    line_number, column = span.source.position(span.start)
    line = span.source.line(line_number)
    start = column - 1
    end = start + span.end - span.start
    goes_on = end > len(line) and "\n" in span.text.rstrip("\r\n")
    pieces = _pieces(line)
    before = sum(_columns(piece) for piece in pieces[:start])
    marked = sum(_columns(piece) for piece in pieces[start:end])
    carets = "^" * max(1, marked)
    first, last = _cut(pieces, start, before, width)
    shown = "".join(pieces[first:last])
    indent = before - sum(_columns(piece) for piece in pieces[:first])
    if first:
        shown = _CUT + shown
        indent += len(_CUT)
    if last < len(pieces):
        shown += _CUT
    carets = carets[: max(1, width - indent)]
    return shown, " " * indent + carets + (_CUT if goes_on else "")


def _pieces(line: str) -> list[str]:
    """What is shown for each letter."""
    pieces = []
    column = 0
    for letter in line:
        piece = " " * (_TAB - column % _TAB) if letter == "\t" else _piece(letter)
        column += _columns(piece)
        pieces.append(piece)
    return pieces


def _piece(letter: str) -> str:
    """What is shown for one letter; a byte that is no UTF-8, which Python reads as a surrogate, as that byte."""
    return f"\\x{ord(letter) - 0xDC00:02x}" if "\udc80" <= letter <= "\udcff" else visible(letter)


def _columns(piece: str) -> int:
    """How many columns a terminal takes for a piece."""
    if piece.isascii():
        return len(piece)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in piece)


def _cut(pieces: list[str], start: int, before: int, width: int) -> tuple[int, int]:
    """Which pieces fit in the width: all of them, or those around the one at `start`."""
    first = 0
    if before + _columns("".join(pieces[start:])) <= width:
        return 0, len(pieces)
    if before > width // _CUT_SHARE * 2:
        room = width // _CUT_SHARE
        first = start
        while first and room > 0:
            first -= 1
            room -= _columns(pieces[first])
    room = width - len(_CUT) * (2 if first else 1)
    last = first
    while last < len(pieces) and room >= _columns(pieces[last]):
        room -= _columns(pieces[last])
        last += 1
    return first, last
