"""Time passes in `wait`, at the end and nowhere else."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play

WORLD = "drive d 1M\ntarget t 1M\nwrite d 0+1M\n"


def test_a_job_makes_no_progress_until_the_script_waits() -> None:
    trace = play(
        f"{WORLD}backup d to=t job=j\nexpect job j running offset=0\necho still\nexpect job j running\nwait\n"
        "expect job j completed\n"
    )

    assert findings(trace) == []


def test_the_end_of_a_script_waits() -> None:
    trace = play(f"{WORLD}backup d to=t job=j\n")

    assert trace.jobs[0].outcome == "completed"
    assert trace.verdict.word == "passed"


def test_a_job_with_nothing_to_copy_may_be_gone_before_the_reply() -> None:
    trace = play("drive d 1M\ntarget t 1M\nbitmap-add d.b\nbackup d to=t bitmap=b job=j\nexpect job j completed\n")

    assert findings(trace) == []


def test_only_held_jobs_left_fail_a_wait_at_once() -> None:
    trace = play(f"{WORLD}backup d to=t job=j hold=64K\nwait\n")

    assert findings(trace) == ["only-held-jobs"]
    wait = next(statement for statement in trace.statements if statement.verb == "wait")
    assert wait.started_us == wait.ended_us
    assert (wait.outcome, wait.refusal) == ("failed", None)


@pytest.mark.parametrize("hold", ["64K", "192K"])
def test_of_a_job_that_is_held_and_paused_both_ways_out_are_told(hold: str) -> None:
    trace = play(f"drive d 1M\nwrite d 64K+1K\nbackup d job=j hold={hold}\npause j\nwait j\n")

    (finding,) = trace.diagnostics
    assert finding.message == "nothing is left to wait for but 'j', which is held and paused"
    assert finding.help == "'release j' and 'resume j' let it go on"


def test_a_wait_can_be_expected_to_fail() -> None:
    trace = play(f'{WORLD}backup d to=t job=j hold=64K\nwait j fails "*held"\nrelease j\nwait\n')

    assert findings(trace) == []


def test_a_member_of_a_group_that_waits_for_a_held_one_is_no_reason_to_wait() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\n"
        "transaction completion-mode=grouped < backup d to=t job=j hold=64K; backup e to=u job=k >\n"
        "wait k for=pending timeout=1s fails\nrelease j\nwait\nexpect job k completed\n"
    )

    assert findings(trace) == []


def test_a_wait_for_pending_stops_there() -> None:
    trace = play(
        f"{WORLD}backup d to=t job=j auto-finalize=false\nwait j for=pending\nexpect job j pending\ncancel j\n"
    )

    assert findings(trace) == []
    assert trace.jobs[0].outcome == "cancelled"


def test_a_wait_without_names_leaves_a_job_to_the_users_finalize() -> None:
    trace = play(f"{WORLD}backup d to=t job=j auto-finalize=false\nwait\nexpect job j pending\ncancel j\n")

    assert findings(trace) == []


def test_a_wait_for_a_job_that_only_the_user_finalizes_fails_at_once() -> None:
    trace = play(
        f"{WORLD}backup d to=t job=j auto-finalize=false\nwait j for=pending\n"
        "wait j fails \"nothing is left to wait for but 'j', which is pending\"\ncancel j\nwait\n"
    )

    assert findings(trace) == []
    statement = trace.statements[-3]
    assert statement.ended_us - statement.started_us < 10_000_000


def test_a_wait_that_takes_too_long_says_where_the_jobs_are() -> None:
    trace = play(f"{WORLD}backup d to=t job=j speed=1K x-perf.max-chunk=64K\nwait timeout=1s\n")

    assert findings(trace) == ["timeout"]
    assert trace.diagnostics[0].message == "after 1s: 'j' is running"


def test_a_group_of_qemus_is_waited_for_whole() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\nfault u write\n"
        "transaction completion-mode=grouped < backup d to=t job=j hold=64K; backup e to=u job=k >\nwait\n"
        "expect job k failed\nexpect job j cancelled\n"
    )

    assert findings(trace) == []
    assert trace.jobs[0].reason == "with its group: k failed"
    assert trace.groups == []


def test_a_job_that_is_not_held_cannot_be_released() -> None:
    trace = play(
        f"{WORLD}backup d to=t job=j hold=64K\nrelease j\nrelease j fails \"job 'j' is not held\"\nwait\n"
        "release j fails \"job 'j' is not held\"\n"
    )

    assert findings(trace) == []


def test_a_job_that_an_error_policy_of_the_users_stopped_is_no_reason_to_wait() -> None:
    trace = play(
        f"{WORLD}fault d read at=512K once\nbackup d to=t job=j on-source-error=stop\n"
        "wait fails \"nothing is left to wait for but 'j', which is paused\"\nexpect job j paused\n"
        "expect event BLOCK_JOB_ERROR device=j operation=read action=stop\ncancel j\nwait\n"
    )

    assert findings(trace) == []


def test_a_group_whose_other_members_wait_for_a_held_one_is_no_reason_to_wait() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\nbitmap-add e.b\n"
        "transaction cancel=all < backup d to=t job=j hold=64K; backup e to=u job=k; bitmap-clear e.b >\n"
        'wait fails "*which is held"\nrelease j\nwait\nexpect group committed\n'
    )

    assert findings(trace) == []


@pytest.mark.parametrize("options", ["completion-mode=grouped", "cancel=all"])
def test_a_held_member_of_a_group_that_is_cancelled_is_waited_for(options: str) -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\ntransaction {options} < backup d to=t job=j hold=128K; "
        "backup e to=u job=k hold=128K >\ncancel k\nwait j\nexpect job j cancelled\nwait\n"
    )

    assert findings(trace) == []


def test_a_released_member_whose_group_waits_for_a_held_one_is_no_reason_to_wait() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\ntransaction cancel=jobs < backup d to=t job=j hold=64K; "
        "backup e to=u job=k hold=64K >\nrelease j\nwait j fails \"*but 'k', which is held\"\nrelease k\nwait\n"
    )

    assert findings(trace) == []
    statement = trace.statements[-3]
    assert statement.ended_us - statement.started_us < 10_000_000


def test_a_released_member_of_a_group_is_waited_for_until_it_has_voted() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\nbitmap-add e.b\n"
        "transaction cancel=all < backup d to=t job=j hold=64K; backup e to=u job=k hold=64K; bitmap-clear e.b >\n"
        "release k\nwait k for=pending\nexpect job k pending\nrelease j\nwait\nexpect group committed\n"
    )

    assert findings(trace) == []


def test_a_wait_leaves_a_group_of_qemus_to_the_users_finalize() -> None:
    trace = play(
        f"{WORLD}transaction completion-mode=grouped < backup d to=t job=j auto-finalize=false >\n"
        "wait\ncancel j\nwait\n"
    )

    assert findings(trace) == []
    statement = trace.statements[-3]
    assert statement.ended_us - statement.started_us < 10_000_000


def test_a_held_job_that_an_error_policy_stopped_before_its_hold_is_no_reason_to_wait() -> None:
    trace = play(
        f"{WORLD}fault t write once\n"
        "backup d to=t job=j hold=64K on-target-error=stop fails \"'j' did not come to where it is held\"\nwait\n"
    )

    assert findings(trace) == ["only-held-jobs"]
    wait = next(statement for statement in trace.statements if statement.verb == "wait")
    assert wait.ended_us - wait.started_us < 1_000_000


SLEEPER = (
    f"{WORLD}backup d to=t job=j speed=1 x-perf.max-chunk=64K x-perf.max-workers=1\n"
    "wait j timeout=300ms fails\nwrite d 0+1M\n"
)
VERSIONS = pytest.mark.parametrize("version", [(7, 2), (10, 0), (11, 1)])


@VERSIONS
def test_a_job_that_sleeps_with_nothing_left_to_copy_is_no_reason_to_wait(version: tuple[int, int]) -> None:
    trace = play(
        f"{SLEEPER}wait fails \"*'j', which has copied everything and sleeps for its speed\"\nspeed j 0\nwait\n",
        version=version,
    )

    assert findings(trace) == []
    statement = trace.statements[-3]
    assert statement.ended_us - statement.started_us < 10_000_000


@VERSIONS
def test_a_job_that_sleeps_at_the_end_is_told_of(version: tuple[int, int]) -> None:
    assert findings(play(SLEEPER, version=version)) == ["still-running"]


def test_a_long_wait_looks_at_no_job_that_was_told_no_speed() -> None:
    trace = play("drive d 64T\ntarget t 64T format=raw\nbackup d to=t job=j\nwait timeout=9000000m\n")

    assert findings(trace) == []
    assert not any(exchange.command == "query-jobs" for exchange in trace.exchanges)
