"""The simulator answers every recorded conversation as the QEMU that was recorded did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.replay.player import replay
from tests.replay.recording import all_recordings, read
from tests.replay.simulator import SimulatedTarget

if TYPE_CHECKING:
    from pathlib import Path

NOT_WHOLLY_REPLAYED = {
    "11-hmp_drive.7.2.jsonl",
    "11-hmp_drive.11.1.jsonl",
    "15-shadow_recover.7.2.jsonl",
    "15-shadow_recover.11.1.jsonl",
}
"""These contain commands that the simulator has no model of; the rest of them is compared."""

OTHER_PAUSES = {
    "03-preconditions.7.2.jsonl": "which of two backups of one source ends first, and pauses the other",
    "06-group-indiv_finalize.11.1.jsonl": "which of two backups ends first, and pauses the other",
    "08-disabled.7.2.jsonl": "pauses that the recorder put down to its own looking came of a recorded command",
    "08-disabled.11.1.jsonl": "the same",
}
"""Pauses that nobody asked for which are races, or not recorded; a real QEMU replays these no better."""


@pytest.mark.parametrize("path", all_recordings(), ids=lambda path: path.name)
def test_the_simulator_answers_as_the_recorded_qemu_did(path: Path) -> None:
    recording = read(path)

    outcome = replay(recording, SimulatedTarget(recording.version))

    assert outcome.mismatch is None, outcome.mismatch
    assert bool(outcome.missing) == (path.name in NOT_WHOLLY_REPLAYED), outcome.missing


@pytest.mark.parametrize(
    "path", [path for path in all_recordings() if path.name not in NOT_WHOLLY_REPLAYED], ids=lambda path: path.name
)
def test_the_simulator_pauses_unasked_where_the_recorded_qemu_did(path: Path) -> None:
    recording = read(path)

    outcome = replay(recording, SimulatedTarget(recording.version), strict=True)

    assert (outcome.mismatch is None) == (path.name not in OTHER_PAUSES), outcome.mismatch
