"""Random scripts come to the same on the simulator and on a real QEMU 7.2: records, events, bitmaps, data, leftovers.

More of them: ``python -m tests.agreement_script 1 1000``, or ``pytest --script-seeds 1000``.
"""

from __future__ import annotations

import pytest

from tests.agreement_script.author import script
from tests.agreement_script.outcome import differences, real, simulated

PROGRAMS = ("qsd", "qemu-system")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--script-seeds")
    metafunc.parametrize("seed", range(1, count + 1))


@pytest.mark.live
@pytest.mark.usefixtures("installed_7_2")
def test_a_script_comes_to_the_same_on_the_simulator_and_on_qemu(seed: int) -> None:
    text = script(seed)
    expected = simulated(text)

    found = differences(expected, real(text, PROGRAMS[seed % 2]))

    assert found == [], f"seed {seed} (first: simulator, second: QEMU)\n{text}"
    assert expected["left"]["helpers"] == expected["left"]["nodes"] == []
