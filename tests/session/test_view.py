"""What a user is shown of nodes and bitmaps."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play

NAMES = ["txsh:", "txsh:mine", "txsh:00000001", "txsh:00000001:X", "txsh:0000000G:W"]


@pytest.mark.parametrize("name", NAMES)
def test_a_bitmap_whose_name_only_begins_like_txshs_own_is_the_users(name: str) -> None:
    trace = play(f'drive d 1M\nbitmap-add d."{name}"\nexpect bitmap d."{name}" dirty=[]\nshow bitmaps\n')

    assert findings(trace) == []
    assert name in (trace.statements[-1].output or "")
    assert [name in change.name for change in trace.statements[1].changes] == [True]
