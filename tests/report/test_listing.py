"""Statements as they stand in their source."""

from __future__ import annotations

from txsh.report.listing import caret, listing
from txsh.syntax.source import Source, Span


def piece(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(Source("a.txsh", text), start, start + len(part))


def test_a_statement_of_one_line_is_shown_with_its_number() -> None:
    assert list(listing(piece("echo a\nwait j0; echo b\n", "echo b"))) == [(2, "echo b")]


def test_lines_of_a_statement_lose_the_indentation_of_its_first() -> None:
    text = "\n  transaction <\n      abort\n  >\n"
    assert list(listing(piece(text, text.strip()))) == [(2, "transaction <"), (3, "    abort"), (4, ">")]


def test_a_line_that_is_indented_less_is_shown_as_it_is() -> None:
    text = "    transaction <\n abort >"
    assert list(listing(piece(text, text.strip()))) == [(1, "transaction <"), (2, " abort >")]


def test_tabs_and_carriage_returns_do_not_disturb_the_listing() -> None:
    text = "transaction <\r\n\tabort\r\n>"
    assert list(listing(piece(text, text))) == [(1, "transaction <"), (2, "    abort"), (3, ">")]


def test_the_caret_stands_under_the_piece_on_its_own_line() -> None:
    text = "  transaction <\n    bitmap-clear d.b0\n\t abort >"
    whole = piece(text, text.strip())
    for part in ("bitmap-clear d.b0", "abort"):
        span = Span(whole.source, text.index(part), text.index(part) + len(part))
        number, line = caret(whole, span)
        shown = dict(listing(whole))[number]
        assert shown.index(part) == line.index("^")
        assert line.count("^") == len(part)


def test_the_caret_of_a_piece_of_several_lines_ends_with_the_first() -> None:
    text = "transaction < bitmap-merge d.b from=[\n a] >"
    whole = piece(text, text)
    assert caret(whole, piece(text, "bitmap-merge d.b from=[\n a]")) == (1, " " * 14 + "^" * 23)


def test_escapes_in_a_script_are_shown_and_the_caret_follows_them() -> None:
    text = 'echo "\x1b[2J"; abort'
    whole = piece(text, text)
    assert list(listing(whole)) == [(1, 'echo "\\x1b[2J"; abort')]
    assert caret(whole, piece(text, "abort"))[1].index("^") == 'echo "\\x1b[2J"; abort'.index("abort")
