"""Diagnostics as text: whole messages, letter by letter."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.report.diagnostic import render
from txsh.syntax.diagnostic import Diagnostic, Note
from txsh.syntax.source import Source, Span


def rendered(text: str, start: int, end: int, *, label: str | None = "here", width: int = 100) -> list[str]:
    """The excerpt and the carets of a finding in a text, without the margin."""
    span = Span(Source("a.txsh", text), start, end)
    lines = render(Diagnostic("a-name", "message", span, label), width=width).splitlines()
    assert lines[0] == "error[a-name]: message"
    return [line.partition(" | ")[2] for line in lines[2:]]


def test_the_whole_message_has_the_form_that_the_documentation_shows() -> None:
    source = Source("nightly.txsh", "a\ntransaction <\n    bitmap-clean drive1.b0\n>")
    found = Diagnostic(
        "unknown-verb",
        "no action is called 'bitmap-clean'",
        Span(source, 20, 32),
        "did you mean 'bitmap-clear'?",
        "all verbs: txsh help",
        (Note("in this transaction", Span(source, 2, 13)),),
    )

    assert render(found) == dedent("""\
        error[unknown-verb]: no action is called 'bitmap-clean'
          --> nightly.txsh:3:5
          3 |     bitmap-clean drive1.b0
            |     ^^^^^^^^^^^^ did you mean 'bitmap-clear'?
            help: all verbs: txsh help
        note: in this transaction
          --> nightly.txsh:2:1
          2 | transaction <
            | ^^^^^^^^^^^""")


def test_a_warning_says_so() -> None:
    found = Diagnostic("a-name", "message", Span(Source("a", "b"), 0, 1), severity="warning")

    assert render(found) == "warning[a-name]: message\n  --> a:1:1\n  1 | b\n    | ^"


def test_the_margins_of_a_message_and_its_notes_are_as_wide_as_their_largest_line_number() -> None:
    source = Source("a", "\n" * 9 + "bc")
    found = Diagnostic("a-name", "message", Span(source, 9, 10), notes=(Note("note", Span(source, 0, 0)),))

    assert render(found).splitlines()[2:] == [
        "  10 | bc",
        "     | ^",
        "note: note",
        "  --> a:1:1",
        "   1 |",
        "     | ^",
    ]


def test_colours_change_nothing_but_colours() -> None:
    source = Source("a", "bcd e")
    found = Diagnostic("a-name", "message", Span(source, 1, 2), "label", "help", (Note("note", Span(source, 4, 5)),))

    colored = render(found, color=True)

    assert colored.startswith("\x1b[1;31merror[a-name]\x1b[0m: message\n")
    for code in ("\x1b[1;31m", "\x1b[1;36m", "\x1b[1m", "\x1b[0m"):
        colored = colored.replace(code, "")
    assert colored == render(found)


@pytest.mark.parametrize(
    ("text", "start", "end", "excerpt", "carets"),
    [
        ("\ta\tbc d", 3, 5, "    a   bc d", "        ^^ here"),
        ("漢字 x", 3, 4, "漢字 x", "     ^ here"),
        ("x 漢字", 2, 4, "x 漢字", "  ^^^^ here"),
        ("e\u0301e\u0301 x", 5, 6, "e\u0301e\u0301 x", "   ^ here"),
        ("a\x1b[2Jb x", 7, 8, "a\\x1b[2Jb x", "          ^ here"),
        ("a\x1b b", 1, 2, "a\\x1b b", " ^^^^ here"),
        ("a \u202e b", 2, 3, "a \\u202e b", "  ^^^^^^ here"),
        ("a\udce9b", 1, 2, "a\\xe9b", " ^^^^ here"),
        ("abc", 3, 3, "abc", "   ^ here"),
        ("", 0, 0, "", "^ here"),
        ("a\n", 2, 2, "", "^ here"),
        ("ab\r\ncd", 1, 5, "ab", " ^... here"),
        ("ab\ncd", 1, 3, "ab", " ^ here"),
    ],
)
def test_carets_stand_below_what_a_terminal_shows(text: str, start: int, end: int, excerpt: str, carets: str) -> None:
    assert rendered(text, start, end) == [excerpt, carets]


def test_a_long_line_is_cut_around_the_carets() -> None:
    text = "a" * 100 + "BCD" + "e" * 100

    excerpt, carets = rendered(text, 100, 103, width=46)

    assert len(excerpt) <= 40
    assert excerpt.startswith("...aaa")
    assert excerpt.endswith("eee...")
    assert excerpt[carets.index("^") : carets.rindex("^") + 1] == "BCD"


def test_a_line_that_is_long_only_after_the_carets_keeps_its_start() -> None:
    excerpt, carets = rendered("ab " + "c" * 100, 0, 2, width=46)

    assert excerpt.startswith("ab ccc")
    assert excerpt.endswith("c...")
    assert carets == "^^ here"


def test_a_long_span_has_no_more_carets_than_there_is_room() -> None:
    excerpt, carets = rendered("a" * 300, 0, 300, width=46)

    assert len(excerpt) <= 40
    assert len(carets) <= 40 + len(" here")


def test_what_a_terminal_would_obey_is_shown_in_every_text_of_a_message() -> None:
    source = Source("\x1b]0;title\x07", "\x1b[31m")
    span = Span(source, 0, 1)
    found = Diagnostic("a-name", "\x1b[1m", span, "\x07", "\r\nfoo", (Note("\x9b", span),))

    text = render(found)

    assert set(text) - {"\n"} == {letter for letter in text if letter.isprintable()}
    assert len(text.splitlines()) == 9


@given(st.text(), st.integers(0, 40), st.integers(0, 40), st.integers(0, 60))
def test_any_place_in_any_text_can_be_shown(text: str, start: int, length: int, width: int) -> None:
    start = min(start, len(text))
    span = Span(Source("a", text), start, min(len(text), start + length))

    lines = render(Diagnostic("a-name", "message", span), width=width).split("\n")

    assert len(lines) == 4
    assert "^" in lines[3]
