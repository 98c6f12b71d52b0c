"""What a story shows of a reply: all of a short one, the start of a long one, a text as it is."""

from __future__ import annotations

from typing import Any

import pytest

from txsh.session.reply_text import excerpt, reply_text


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ([], "[]"),
        (7, "7"),
        ({"status": "running", "ü": None}, '{"status": "running", "ü": null}'),
        ("one\r\ntwo\r\n", "one\ntwo"),
        ("one\ntwo", "one\ntwo"),
        ({"a": "x" * 60, "b": "y" * 60}, f'"a": "{"x" * 60}"\n"b": "{"y" * 60}"'),
        (["x" * 200], f'"{"x" * 106}...'),
    ],
)
def test_a_reply_is_told(reply: Any, text: str) -> None:
    assert reply_text(reply) == text


def test_of_many_items_the_first_are_told() -> None:
    lines = reply_text([f"item {number}" for number in range(100)]).split("\n")

    assert lines[0] == '"item 0"'
    assert lines[-1] == "... 84 more"
    assert len(lines) == 17


def test_an_excerpt_is_one_line() -> None:
    assert excerpt({"a": 1}) == '{"a": 1}'
    assert len(excerpt(list(range(1000)))) == 110
