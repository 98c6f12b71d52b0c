"""A held job of a group that is being aborted is not stuck, though the event that says so has not come yet."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from txsh.model.trace import JobRecord
from txsh.session.standstill import Standstill


def record(job: str, status: str, outcome: str | None = None) -> JobRecord:
    made = JobRecord(job, "backup", None)
    made.statuses.append(status)
    made.outcome = outcome
    return made


@pytest.mark.parametrize(
    ("mate", "stuck"),
    [
        (record("j1", "running"), True),
        (record("j1", "aborting"), False),
        (record("j1", "null", "failed"), False),
        (record("j1", "null", "cancelled"), False),
        (record("j1", "null", "completed"), True),
    ],
    ids=["running", "aborting", "failed", "cancelled", "completed"],
)
def test_a_held_job_is_stuck_only_while_its_group_may_still_succeed(mate: JobRecord, *, stuck: bool) -> None:
    held = record("j0", "paused")
    group = SimpleNamespace(members=[held, mate], waits_in="waiting")
    session = SimpleNamespace(groups=[group], holds={"j0": None}, jobs=SimpleNamespace(manual=set()))
    # On a real QEMU the moment between two events is chance.
    assert Standstill(cast("Any", session)).is_stuck(held) is stuck
