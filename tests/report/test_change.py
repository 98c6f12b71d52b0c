"""Changes in words."""

from __future__ import annotations

from typing import Any

import pytest

from txsh.model.state import BitmapInfo
from txsh.model.trace import JobRecord
from txsh.report.change import bitmap_change, bitmap_state, job_line

B0 = BitmapInfo(
    node="drive0",
    name="b0",
    count_bytes=131072,
    granularity_bytes=65536,
    recording=True,
    busy=False,
    persistent=False,
    inconsistent=False,
)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, B0, "new, dirty 128K"),
        (B0, None, "removed, was dirty 128K"),
        (B0, B0._replace(count_bytes=0), "dirty 128K -> 0"),
        (B0, B0._replace(recording=False), "not recording"),
        (B0._replace(recording=False), B0, "recording again"),
        (B0._replace(busy=True), B0._replace(count_bytes=65536), "dirty 128K -> 64K, free"),
        (B0, B0._replace(granularity_bytes=512), "granularity 64K -> 512"),
        (B0, B0._replace(persistent=True, inconsistent=True), "persistent, inconsistent"),
    ],
)
def test_a_bitmaps_change_names_what_is_different(
    before: BitmapInfo | None, after: BitmapInfo | None, words: str
) -> None:
    assert bitmap_change(before, after) == words


def test_every_member_of_a_bitmap_that_differs_is_named() -> None:
    for member in set(BitmapInfo._fields) - {"node", "name"}:
        value = getattr(B0, member)
        change: dict[str, Any] = {member: not value if isinstance(value, bool) else value * 2}
        other = B0._replace(**change)
        assert bitmap_change(B0, other), member


def test_a_bitmaps_state_leaves_out_what_is_usual() -> None:
    assert bitmap_state(B0) == "dirty 128K"
    assert bitmap_state(B0._replace(recording=False, busy=True)) == "dirty 128K, not recording, in use"


def job(**members: object) -> JobRecord:
    record = JobRecord("j0", "backup", None)
    for name, value in members.items():
        setattr(record, name, value)
    return record


def test_a_running_job_says_what_it_is_for() -> None:
    assert job_line("running", job(node="drive0", target="inc0")) == "running: backup of drive0 to inc0"


def test_a_running_job_that_has_ended_since_is_still_told_as_running() -> None:
    ended = job(node="drive0", target="inc0", outcome="failed", error="Input/output error")
    assert job_line("running", ended) == "running: backup of drive0 to inc0"


def test_a_failed_job_says_which_access_failed_and_how_far_it_was() -> None:
    failed = job(
        outcome="failed", error="No space left on device", failed_operation="write", offset=65536, length=1048576
    )
    assert job_line("failed", failed) == "failed: No space left on device (write error), 64K of 1M copied"


def test_a_cancelled_job_says_why() -> None:
    cancelled = job(outcome="cancelled", reason="with its group: j1 failed", length=65536)
    assert job_line("cancelled", cancelled) == "cancelled (with its group: j1 failed), 0 of 64K copied"
    assert job_line("cancelled", job()) == "cancelled (by somebody else), 0 of 0 copied"
