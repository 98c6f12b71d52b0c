"""The text of a statement as it stands in its source: numbered lines, and a caret under one piece of it."""

from __future__ import annotations

from txsh.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from txsh.syntax.source import Span


def listing(span: Span) -> Iterator[tuple[int, str]]:
    """Each line of a piece of source with its number; the indentation that its first line has is taken off."""
    first, column = span.source.position(span.start)
    lines = span.text.split("\n")
    before = span.source.line(first)[: column - 1]
    for number, line in enumerate(lines, start=first):
        text = line.rstrip("\r")
        yield number, visible((text if number == first else text.removeprefix(before)).expandtabs(4))


def caret(span: Span, piece: Span) -> tuple[int, str]:
    """The number of the line under which a caret goes that shows a piece of the listing, and the caret's line."""
    source = span.source
    number, column = source.position(piece.start)
    first, first_column = source.position(span.start)
    line = source.line(number)
    cut = first_column - 1
    if number > first and not line.startswith(source.line(first)[:cut]):
        cut = 0
    end = min(len(line), column - 1 + piece.end - piece.start)
    before = visible(line[cut : column - 1].expandtabs(4))
    return number, " " * len(before) + "^" * max(1, len(visible(line[column - 1 : end])))
