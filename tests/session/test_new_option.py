"""Options of backup that came after QEMU 7.2, in groups as well."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play

WORLD = "drive d 1M discard=unmap\ndrive e 1M\nbitmap-add d.b\nbitmap-add e.b\nwrite d 0+1M\ntarget t 1M\ntarget u 1M\n"
MODES = pytest.mark.parametrize("mode", ["none", "jobs", "all"])


@pytest.mark.parametrize("mode", ["jobs", "all"])
@pytest.mark.parametrize("option", ["", " on-cbw-error=break-guest-write", " on-cbw-error=break-snapshot"])
def test_a_full_target_fails_the_guest_or_the_group_as_the_user_says(mode: str, option: str) -> None:
    fails = "" if "snapshot" in option else ' fails "No space left on device"'
    trace = play(
        f"{WORLD}fault t write at=512K errno=ENOSPC\n"
        f"transaction cancel={mode} < backup d to=t job=j bitmap=b hold=64K{option}; bitmap-clear e.b >\n"
        f"write d 512K+64K{fails}\nrelease j\nwait\nexpect group cancelled\nexpect bitmap d.b dirty=[0+1M]\n",
        version=(11, 1),
    )

    assert findings(trace) == []


@MODES
def test_what_discard_source_discards_is_dirty_in_the_bitmap_afterwards(mode: str) -> None:
    trace = play(
        f"{WORLD}transaction cancel={mode} < backup d to=t bitmap=b discard-source; bitmap-clear e.b >\nwait\n"
        "expect bitmap d.b dirty=[0+1M]\nexpect data d 0+1M pattern=0\nexpect data t 0+1M pattern=0xcd\n",
        version=(10, 0),
    )

    assert findings(trace) == []


@MODES
def test_a_hold_keeps_to_the_clusters_that_are_asked_for(mode: str) -> None:
    trace = play(
        f"{WORLD}transaction cancel={mode} < backup d to=t job=j bitmap=b x-perf.min-cluster-size=256K hold=64K > "
        'fails "*whole clusters of 256K*"\n'
        f"transaction cancel={mode} < backup d to=t job=j bitmap=b x-perf.min-cluster-size=256K hold=256K; "
        "bitmap-clear e.b >\nexpect job j running offset=256K\nrelease j\nwait\nexpect job j completed\n",
        version=(11, 1),
    )

    assert findings(trace) == []
