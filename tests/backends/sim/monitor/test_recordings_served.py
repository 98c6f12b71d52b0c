"""Every recorded conversation comes out the same through the monitor's socket, bytes in and bytes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backends.sim.test_recordings import NOT_WHOLLY_REPLAYED
from tests.replay.player import replay
from tests.replay.recording import all_recordings, read
from tests.replay.served import ServedTarget

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = [path for path in all_recordings() if path.name not in NOT_WHOLLY_REPLAYED]
"""A socket tells what has no model in an error, so that the player could not leave it out."""


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_served_simulator_answers_as_the_recorded_qemu_did(path: Path) -> None:
    recording = read(path)

    outcome = replay(recording, ServedTarget(recording.version))

    assert outcome.mismatch is None, outcome.mismatch
