"""Images of every kind on the simulator: what they can do, and what it is that some cannot."""

from __future__ import annotations

import pytest

from tests.session.drive_kind import CHAIN, GUEST_IO, INCREMENTAL, KINDS, SIZES, scripts
from tests.session.play import findings, play

REFUSED = {
    "Can't store persistent bitmaps to d: Operation not supported",
    "Can't make bitmap 'kept' persistent in 'd': Cannot store dirty bitmaps in qcow2 v2 files",
    "Cannot add a persistent bitmap to read-only or inactive node 'd'",
    "Bitmap already exists: b",
    "Could not create node: Block node is read-only",
}


@pytest.mark.parametrize("kind", KINDS, ids=[kind or "plain" for kind in KINDS])
def test_a_drive_of_any_kind_is_backed_up_or_refused_in_qemus_words(kind: str) -> None:
    for text in scripts(kind):
        trace = play(text)
        assert findings(trace) in ([], ["refused"]), trace.diagnostics
        assert {finding.message for finding in trace.diagnostics} <= REFUSED


@pytest.mark.parametrize("kind", KINDS, ids=[kind or "plain" for kind in KINDS])
def test_its_backups_hold_what_it_holds(kind: str) -> None:
    if "backing" not in kind:
        refused = " fails" if "readonly" in kind else ""
        for text in (GUEST_IO, INCREMENTAL):
            assert findings(play(text.format(kind=kind, refused=refused))) == []


@pytest.mark.parametrize("text", [*SIZES, CHAIN])
def test_sizes_and_chains_of_any_kind_are_backed_up(text: str) -> None:
    assert findings(play(text)) == []
