"""What a wrong word was probably meant to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.syntax.suggest import slips, suggest

VERBS = ("bitmap-add", "bitmap-clear", "bitmap-merge", "backup", "wait", "write")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("bitmap-clean", "bitmap-clear"),
        ("bitmapclear", "bitmap-clear"),
        ("bakcup", "backup"),
        ("wiat", "wait"),
        ("WRITE", "write"),
        ("wite", "write"),
        ("let", None),
        ("w", None),
        ("snapshot", None),
        ("", None),
        ("backup" * 1000, None),
    ],
)
def test_a_close_word_is_found_and_a_far_one_is_not(word: str, meant: str | None) -> None:
    assert suggest(word, VERBS) == meant


def test_among_equally_close_words_the_first_wins() -> None:
    assert suggest("drive9", ("drive0", "drive1")) == "drive0"


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [("", "", 0), ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abcd", 1), ("kitten", "sitting", 3)],
)
def test_slips_are_counted(left: str, right: str, count: int) -> None:
    assert slips(left, right) == count


@given(st.text(max_size=8), st.text(max_size=8))
def test_slips_are_the_same_both_ways(left: str, right: str) -> None:
    assert slips(left, right) == slips(right, left)
