"""Of a text that could not be read whole, what is wrong is told, and not what only follows from it."""

from __future__ import annotations

import pytest

from txsh.check.cause import causes
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

WORLD = Known(nodes=frozenset({"drive0"}))


def told(text: str) -> list[tuple[str, str]]:
    """Names and places of what is told of a text, in order."""
    script, mistakes = parse(Source("test.txsh", text))
    _, findings = bind(script, known=WORLD)
    return [(found.name, found.span.text) for found in causes(script, mistakes, findings)]


@pytest.mark.parametrize(
    "text", ["require qemu >= 7.2", "let x = 5", "if a == b", "set x='a'", "for d in (drive0)", "print a, b"]
)
def test_a_statement_of_another_language_is_an_unknown_verb_and_nothing_else(text: str) -> None:
    assert told(f"{text}\nflush drive0\n") == [("unknown-verb", text.split(maxsplit=1)[0])]


def test_in_a_transaction_it_is_no_action() -> None:
    assert told("transaction < frob x = 3; bitmap-clear drive0.b >") == [("unknown-verb", "frob")]


def test_a_verb_that_exists_has_its_mistake_told() -> None:
    assert told("backup drive0 job = a") == [("space-around-equals", " = ")]
    assert told("bitmap-clear drive0.b >") == [("stray-close", ">")]


def test_a_mistake_in_the_statement_after_an_unknown_verb_is_told() -> None:
    assert told("frob; backup drive0 job = a") == [("unknown-verb", "frob"), ("space-around-equals", " = ")]
    assert told("frob\n>\n") == [("unknown-verb", "frob"), ("stray-close", ">")]


def test_an_open_block_is_told_whatever_stands_in_it() -> None:
    assert told("transaction <\nfrob\n") == [("unclosed-block", "")]


def test_a_name_that_an_unreadable_statement_would_have_made_is_not_told_again() -> None:
    text = "drive d 64M cluster = 64K\nwrite d 0+64K\nwrite e 0+64K\n"
    assert told(text) == [("space-around-equals", " = "), ("unknown-node", "e")]


def test_a_word_that_is_written_wrong_is_not_judged_as_a_name() -> None:
    assert [name for name, _ in told("write drive0\u200b 0+1\n")] == ["hidden-character"]
    assert [name for name, _ in told("fl\u200bush drive0\n")] == ["hidden-character"]


def test_all_is_told_in_the_order_of_the_text() -> None:
    assert [name for name, _ in told("write e 0+1\nbackup drive0 job = a\nwrite f 0+1\n")] == [
        "unknown-node",
        "space-around-equals",
        "unknown-node",
    ]


def test_a_reply_that_would_have_come_is_not_told_to_be_missing() -> None:
    assert told("qmp query-jobs a = b\nexpect reply return=[]\n") == [("space-around-equals", " = ")]
    assert told('qmp {"execute": "query-jobs", "id": 1}\nexpect reply return=[]\n') == [("unknown-option", '"id": 1')]
    assert [name for name, _ in told("expect reply return=[]\nqmp query-jobs\n")] == ["no-reply"]
