"""A hold that QEMU loses is told: the simulator's versions lose it where the real ones do now and then."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play

TEXT = """\
drive d 2M
target t 2M
drive e 2M
target u 2M
bitmap-add e.b
write d 0+2M
transaction < backup d to=t job=j hold=0; backup e to=u bitmap=b job=k >
"""


@pytest.mark.parametrize("version", [(10, 0), (11, 1)])
def test_a_hold_that_a_pause_has_swallowed_is_told(version: tuple[int, int]) -> None:
    trace = play(TEXT, version=version)

    assert findings(trace) == ["hold-missed"]
    assert "QEMU lost the stop" in trace.diagnostics[0].message
    assert [job.outcome for job in trace.jobs] == ["completed", "completed"]


def test_where_nothing_pauses_it_a_job_beside_one_that_ends_at_once_is_held() -> None:
    assert findings(play(f"{TEXT}release j\nwait\n", version=(7, 2))) == []
