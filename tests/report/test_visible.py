"""Text that is fit to print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.report.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("drive0.b0", "drive0.b0"),
        ("Größe 大", "Größe 大"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202egnp", "\\u202egnp"),
        ("\x9b2J", "\\x9b2J"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_what_is_shown_always_prints(text: str) -> None:
    assert visible(text).isprintable()
