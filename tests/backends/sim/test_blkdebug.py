"""Fault rules: which request they strike, how often, and what job and guest see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, ONE_BY_ONE, Lab
from txsh.backends.base import GuestError, run_now


def rule(**more: Any) -> dict[str, Any]:
    return {"event": "none", "errno": 5, **more}


def faulty(*rules: dict[str, Any], states: list[dict[str, Any]] | None = None) -> Lab:
    """A drive s0 whose node d above it has the rules."""
    lab = Lab()
    lab.drive("s0")
    options: dict[str, Any] = {"driver": "blkdebug", "node-name": "d", "image": "s0", "inject-error": list(rules)}
    if states:
        options["set-state"] = states
    lab.execute("blockdev-add", options)
    return lab


def write(lab: Lab, cluster: int) -> bool:
    """Whether a write of one cluster succeeds."""
    try:
        lab.write("d", cluster, cluster + 1)
    except GuestError:
        return False
    return True


def test_a_rule_with_a_sector_strikes_requests_that_touch_it() -> None:
    lab = faulty(rule(iotype="write", sector=5 * 128))
    assert [write(lab, cluster) for cluster in (4, 5, 6)] == [True, False, True]
    with pytest.raises(GuestError):
        lab.write("d", 3, 8)


def test_a_rule_strikes_its_type_of_request_only() -> None:
    lab = faulty(rule(iotype="read"))
    assert write(lab, 0)
    with pytest.raises(GuestError):
        run_now(lab.backend.host.read("d", 0, 512, None))


def test_a_rule_without_a_type_strikes_every_request_but_no_status() -> None:
    lab = faulty(rule())
    host = lab.backend.host
    assert not write(lab, 0)
    for request in (host.read("d", 0, 512, None), host.zero("d", 0, CLUSTER, unmap=False)):
        with pytest.raises(GuestError):
            run_now(request)


def test_two_equal_rules_that_strike_once_strike_twice() -> None:
    once = rule(iotype="write", once=True)
    lab = faulty(once, dict(once))
    assert [write(lab, 0) for _ in range(3)] == [False, False, True]


def test_states_count_requests_so_that_the_third_write_fails() -> None:
    lab = faulty(
        rule(event="pwritev", state=3, once=True),
        states=[
            {"event": "pwritev", "state": 1, "new_state": 2},
            {"event": "pwritev", "state": 2, "new_state": 3},
        ],
    )
    assert [write(lab, cluster) for cluster in range(4)] == [True, True, False, True]


def test_the_errno_is_what_the_job_tells() -> None:
    lab = faulty(rule(iotype="read", errno=28, sector=5 * 128))
    lab.target("t0")
    lab.transaction(lab.backup("j0", source="d", **ONE_BY_ONE))
    completed = next(event for event in lab.raw_events() if event.name == "BLOCK_JOB_COMPLETED")
    assert completed.data["error"] == "No space left on device"
    assert completed.data["offset"] == 5 * CLUSTER


def test_an_error_that_stops_the_job_is_tried_again_on_resume() -> None:
    lab = faulty(rule(iotype="read", once=True, sector=5 * 128))
    lab.target("t0")
    lab.transaction(lab.backup("j0", source="d", **{"on-source-error": "stop"}, **ONE_BY_ONE))
    assert lab.settle()[-2:] == ["j0 error", "j0 paused"]
    assert (lab.job("j0")["offset"], lab.job("j0")["io-status"]) == (5 * CLUSTER, "failed")
    lab.execute("job-resume", {"id": "j0"})
    assert lab.settle()[-1] == "j0 null"
    assert lab.same("s0", "t0")


def test_enospc_is_a_stop_for_enospc_and_a_report_for_others() -> None:
    for errno, end in ((28, "j0 paused"), (5, "j0 null")):
        lab = Lab()
        lab.drive("s0")
        lab.target("t0", inject=[rule(iotype="write", errno=errno, sector=3 * 128)])
        lab.transaction(lab.backup("j0", **{"on-target-error": "enospc"}, **ONE_BY_ONE))
        assert lab.settle()[-1] == end


def test_an_ignored_error_is_tried_again_at_once() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0", inject=[rule(iotype="write", once=True, sector=3 * 128)])
    lab.transaction(lab.backup("j0", **{"on-target-error": "ignore"}, **ONE_BY_ONE))
    events = lab.settle()
    assert events.count("j0 error") == 1
    assert events[-1] == "j0 null"
    assert lab.same("s0", "t0")


def test_with_large_chunks_a_chunk_that_fails_counts_as_not_copied_at_all() -> None:
    lab = faulty(rule(iotype="read", sector=5 * 128))
    lab.target("t0")
    lab.transaction(lab.backup("j0", source="d"))
    completed = next(event for event in lab.raw_events() if event.name == "BLOCK_JOB_COMPLETED")
    assert completed.data["offset"] == 0


def test_zeroes_are_struck_by_rules_for_zeroes() -> None:
    lab = Lab()
    lab.drive("s0", fill=None)
    lab.target("t0", inject=[rule(iotype="write")])
    lab.transaction(lab.backup("j0"))
    assert "j0 error" not in lab.settle()
    lab.target("t1", inject=[rule(iotype="write-zeroes")])
    lab.transaction(lab.backup("j1", target="t1"))
    assert "j1 error" in lab.settle()


def test_a_flush_reaches_the_disk_only_after_a_write() -> None:
    lab = faulty(rule(iotype="flush"))
    run_now(lab.backend.host.flush("d"))
    lab.write("d", 0, 1)
    with pytest.raises(GuestError):
        run_now(lab.backend.host.flush("d"))


def test_a_guests_flush_goes_down_through_a_node_that_nobody_else_writes() -> None:
    lab = Lab()
    lab.target("t0", inject=[rule(iotype="flush")])
    lab.execute("blockdev-add", {"driver": "raw", "node-name": "top", "file": "t0"})
    lab.write("top", 0, 1)
    with pytest.raises(GuestError):
        run_now(lab.backend.host.flush("top"))
    assert lab.find("top").parents == []


def test_errors_that_are_ignored_for_ever_let_time_pass_and_commands_be_answered() -> None:
    lab = Lab()
    for node in ("s0", "below"):
        lab.execute("blockdev-add", {"driver": "null-co", "node-name": node, "size": 1 << 20})
    rule = {"event": "none", "iotype": "write", "errno": 28}
    lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "t0", "image": "below", "inject-error": [rule]})
    backup = {"job-id": "j0", "device": "s0", "target": "t0", "sync": "full", "on-target-error": "ignore"}
    lab.execute("blockdev-backup", backup)

    deadline_us, errors = lab.backend.now_us() + 30_000, 0
    while event := run_now(lab.backend.next_event(deadline_us)):
        errors += event.name == "BLOCK_JOB_ERROR"
    assert 50 < errors < 150
    assert [job["status"] for job in lab.execute("query-jobs")] == ["running"]
    lab.execute("job-cancel", {"id": "j0"})
    run_now(lab.backend.next_event(None))
    while run_now(lab.backend.next_event(None)):
        pass
    assert lab.execute("query-jobs") == []
