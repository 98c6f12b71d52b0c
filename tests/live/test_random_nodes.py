"""The simulator and an installed QEMU open, make and show nodes alike, in random conversations.

More of them: ``pytest --agreement-seeds 1000``.
"""

from __future__ import annotations

import pytest

from tests.agreement.node import node_conversation
from tests.replay.player import replay
from tests.replay.real import RealTarget

_REST_SECONDS = 0.01


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--agreement-seeds")
    metafunc.parametrize("seed", range(1, count + 1))


@pytest.mark.live
def test_simulator_and_qemu_have_the_same_nodes(seed: int, installed: tuple[int, int]) -> None:
    recording = node_conversation(seed, installed)

    outcome = replay(recording, RealTarget(), rest_seconds=_REST_SECONDS)

    assert outcome.mismatch is None, f"seed {seed} (expected: simulator, got: QEMU)\n{outcome.mismatch}"
    assert outcome.missing == ()
