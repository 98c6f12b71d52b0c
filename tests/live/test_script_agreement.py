"""Random scripts come to the same on the simulator and on a real QEMU: records, events, bitmaps, data, leftovers.

More of them: ``python -m tests.agreement_script 1 1000``, or ``pytest --script-seeds 1000``.
"""

from __future__ import annotations

import pytest

from tests.agreement_script.author import script
from tests.agreement_script.outcome import differences, installed, real, simulated
from txsh.backends.sim.profile import PROFILES

PROGRAMS = ("qsd", "qemu-system")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--script-seeds")
    metafunc.parametrize("seed", range(1, count + 1))


@pytest.fixture(scope="module")
def version() -> tuple[int, int]:
    """Of the QEMU that is installed, if there is a profile of it."""
    found = installed("qsd")
    if found not in PROFILES:
        pytest.skip(f"the simulator has no profile of QEMU {found[0]}.{found[1]}")
    return found


@pytest.mark.live
def test_a_script_comes_to_the_same_on_the_simulator_and_on_qemu(seed: int, version: tuple[int, int]) -> None:
    text = script(seed, version)
    expected = simulated(text, version)

    found = differences(expected, real(text, PROGRAMS[seed % 2]))

    assert found == [], f"seed {seed} (first: simulator, second: QEMU)\n{text}"
    assert expected["left"]["helpers"] == expected["left"]["nodes"] == []
