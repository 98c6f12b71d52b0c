"""A served simulator and a real QEMU of the version it models say the same on random conversations, letter for letter.

More of them: ``python -m tests.agreement_wire 1 1000``, or ``pytest --wire-seeds 1000``.
"""

from __future__ import annotations

import pytest

from tests.agreement_wire.conversation import hold


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--wire-seeds")
    metafunc.parametrize("seed", range(1, count + 1))


@pytest.mark.live
@pytest.mark.usefixtures("installed")
def test_served_simulator_and_qemu_say_the_same(seed: int) -> None:
    outcome = hold(seed)

    assert outcome.verdict == "same", "\n".join([*outcome.lines[-20:], outcome.detail])
