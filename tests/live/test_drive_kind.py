"""Images of every kind do the same on the simulator and on the QEMU that is installed."""

from __future__ import annotations

import pytest

from tests.session.drive_kind import CHAIN, KINDS, SIZES, scripts
from tests.session.play import outcome, play_both

pytestmark = pytest.mark.live


@pytest.mark.parametrize("kind", KINDS, ids=[kind or "plain" for kind in KINDS])
def test_a_drive_of_any_kind_does_the_same_on_a_real_qemu(kind: str) -> None:
    for text in scripts(kind):
        simulated, real = play_both(text)
        assert outcome(simulated) == outcome(real)


@pytest.mark.parametrize("text", [*SIZES, CHAIN])
def test_sizes_and_chains_do_the_same_on_a_real_qemu(text: str) -> None:
    simulated, real = play_both(text)
    assert outcome(simulated) == outcome(real)
