"""References are shown as a script writes them."""

from __future__ import annotations

import pytest

from txsh.model.reference import BitmapRef
from txsh.syntax.source import Source
from txsh.syntax.word import read_word


@pytest.mark.parametrize(
    ("node", "name", "shown"),
    [
        ("drive0", "b0", "drive0.b0"),
        ("a-b_c", "d:e", "a-b_c.d:e"),
        ("a.b", "c", '"a.b".c'),
        ("a", "b.c", 'a."b.c"'),
        ("a", "two words", 'a."two words"'),
        ("a", 'say "x"', 'a."say \\"x\\""'),
        ("a", "", 'a.""'),
        ("a", "#1", 'a."#1"'),
        ("a", "x=y", 'a."x=y"'),
        ("a", "\u00e9t\u00e9", "a.\u00e9t\u00e9"),
    ],
)
def test_a_reference_is_shown_so_that_it_reads_as_itself(node: str, name: str, shown: str) -> None:
    assert str(BitmapRef(node, name)) == shown
    assert [part.text for part in read_word(Source("", shown), shown, 0).parts] == [node, name]
