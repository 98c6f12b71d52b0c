"""The simulator and a real QEMU of the version it models answer random conversations alike.

More of them: ``python -m tests.agreement 1 1000``, or ``pytest --agreement-seeds 1000``.
"""

from __future__ import annotations

import pytest

from tests.agreement.conversation import conversation
from tests.agreement.recorder import REST_SECONDS
from tests.replay.player import replay
from tests.replay.real import RealTarget


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--agreement-seeds")
    metafunc.parametrize("seed", range(1, count + 1))


@pytest.mark.live
def test_simulator_and_qemu_tell_the_same_story(seed: int, installed: tuple[int, int]) -> None:
    recording = conversation(seed, installed)

    outcome = replay(recording, RealTarget(), rest_seconds=REST_SECONDS)

    assert outcome.mismatch is None, f"seed {seed} (expected: simulator, got: QEMU)\n{outcome.mismatch}"
    assert outcome.missing == ()
