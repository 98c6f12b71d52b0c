"""Jobs that only raw QMP starts so far, on a real QEMU: followed like any."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play_live

pytestmark = pytest.mark.live

CHAIN = "drive a 1M\nwrite a 0+1M\ndrive d 1M backing=a\nwrite d 0+64K pattern=7\nremember then d\n"


def test_a_mirror_becomes_ready_and_is_completed() -> None:
    trace = play_live(
        "drive d 1M\ntarget t 1M\nwrite d 0+256K\nqmp blockdev-mirror device=d job-id=m target=t sync=full\n"
        "wait m for=ready\ncomplete m\nwait\nexpect job m completed\nexpect data t same=d\n"
    )

    assert findings(trace) == []
    assert [job.type for job in trace.jobs] == ["mirror"]


@pytest.mark.parametrize(
    ("command", "kind"),
    [("block-stream device=d job-id=j", "stream"), ("block-commit device=d job-id=j", "commit")],
)
def test_guest_io_before_is_in_no_jobs_way(command: str, kind: str) -> None:
    end = "wait j for=ready\ncomplete j\n" if kind == "commit" else ""
    same = "expect data a same=then\n" if kind == "commit" else "expect data d same=then\n"

    trace = play_live(f"{CHAIN}qmp {command}\n{end}wait\nexpect job j completed\n{same}")

    assert findings(trace) == []
    assert [job.type for job in trace.jobs] == [kind]
