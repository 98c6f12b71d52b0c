"""An installed QEMU answers the recorded conversations as the recorded one did: so the replay itself is right."""

from __future__ import annotations

import pytest

from tests.replay.player import replay
from tests.replay.real import RealTarget
from tests.replay.recording import FOLDER, read

SAMPLE = (
    "01-grouped-acceptance",
    "02-grouped-two-backups-then-bad",
    "02-merge-empty",
    "05-job-read_stop",
    "06-group-fail1",
    "07-bitmap-full-always-fail",
    "08-persist",
    "09-enable_refusal",
    "12-export",
    "14-discard",
    "15-grouped_one_finalize",
    "15-shadow_commit",
    "15-shadow_flush",
)
"""One of each kind, and quick: the whole set takes a minute and a half."""


@pytest.mark.live
@pytest.mark.parametrize("scenario", SAMPLE)
def test_the_real_one_answers_as_the_recorded_one_did(scenario: str, installed: tuple[int, int]) -> None:
    path = FOLDER / f"{scenario}.{installed[0]}.{installed[1]}.jsonl"
    if not path.exists():
        pytest.skip(f"no QEMU {installed[0]}.{installed[1]} was recorded")

    outcome = replay(read(path), RealTarget())

    assert outcome.same, outcome.mismatch
