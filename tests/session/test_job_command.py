"""pause, resume, speed, finalize, complete, dismiss: what QEMU says to them, and what they mean for held jobs."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play, sent

pytestmark = pytest.mark.usefixtures("on_every_backend")

WORLD = "drive d 1M\ntarget t 1M\nwrite d 0+1M\n"
HELD_BY_SPEED = f"{WORLD}backup d to=t job=j hold=64K\n"
HELD_BY_RULE = (
    "drive d 1M\ntarget t 1M\nwrite d 0+64K\nwrite d 128K+128K\nbackup d to=t job=j hold=128K\n"  # in two pieces
)
HELD = pytest.mark.parametrize("world", [HELD_BY_SPEED, HELD_BY_RULE], ids=["by speed", "by a rule"])


@HELD
def test_a_held_job_that_is_paused_takes_a_release_and_a_resume(world: str) -> None:
    trace = play(
        f"{world}pause j\nwait j for=paused\nexpect job j paused\nrelease j\nexpect job j paused\n"
        "resume j\nwait\nexpect job j completed\n"
    )

    assert findings(trace) == []


@HELD
def test_a_held_job_that_is_resumed_again_is_still_held(world: str) -> None:
    trace = play(
        f"{world}pause j\nwait j for=paused\nresume j\nexpect job j running\nwait j fails \"*'j', which is held\"\n"
        "release j\nwait\nexpect job j completed\n"
    )

    assert findings(trace) == []


@HELD
def test_a_held_job_is_paused_to_nobody_who_did_not_pause_it(world: str) -> None:
    trace = play(
        f'{world}resume j fails "Can\'t resume a job that was not paused"\npause j\nwait j for=paused\n'
        'pause j fails "Job is already paused"\nrelease j\nresume j\nwait\nexpect job j completed\n'
    )

    assert findings(trace) == []


@HELD
def test_a_held_and_paused_job_can_be_cancelled(world: str) -> None:
    trace = play(f"{world}pause j\nwait j for=paused\ncancel j\nwait\nexpect job j cancelled\n")

    assert findings(trace) == []


def test_a_speed_for_a_held_job_counts_from_its_release() -> None:
    trace = play(
        f"{HELD_BY_SPEED}speed j 1G\nexpect job j running offset=64K\nrelease j\nwait\n"
        "expect event BLOCK_JOB_COMPLETED device=j speed=1073741824\n"
    )

    assert findings(trace) == []


def test_a_negative_speed_is_refused_by_qemu_though_the_job_is_held() -> None:
    trace = play(
        f"{HELD_BY_SPEED}speed j -1 fails \"Parameter 'speed' expects a non-negative value\"\n"
        "expect job j running offset=64K\nrelease j\nwait\n"
    )

    assert findings(trace) == []


def test_a_speed_lets_a_slow_job_go_on() -> None:
    trace = play(f"{WORLD}backup d to=t job=j speed=1 x-perf.max-chunk=64K\nspeed j 0\nwait\nexpect job j completed\n")

    assert findings(trace) == []


STATE = "Job 'j' in state '{}' cannot accept command verb '{}'"


def test_each_state_has_verbs_that_qemu_refuses() -> None:
    refused = [
        ("", "running", ("finalize", "dismiss", "complete")),
        ("release j\nwait j for=pending\n", "pending", ("pause", "complete", "dismiss")),
        ("finalize j\nwait j\n", "concluded", ("pause", "finalize", "complete", "cancel")),
    ]
    lines = [
        before + "".join(f'{verb} j fails "{STATE.format(state, verb)}"\n' for verb in verbs)
        for before, state, verbs in refused
    ]
    trace = play(
        f"{WORLD}backup d to=t job=j hold=64K auto-finalize=false auto-dismiss=false\n{''.join(lines)}"
        'dismiss j\ndismiss j fails "Job not found"\nspeed j 1 fails "Block job \'j\' not found"\n'
        "expect job j completed\n"
    )

    assert findings(trace) == []


def test_an_error_policy_stops_a_job_and_resume_lets_it_go_on() -> None:
    trace = play(
        f"{WORLD}fault d read at=512K once\nbackup d to=t job=j on-source-error=stop\nwait j for=paused\n"
        'pause j fails "Job is already paused"\nresume j\nwait\nexpect job j completed\n'
        "expect data t same=d\n"
    )

    assert findings(trace) == []


def test_one_finalize_ends_all_of_a_group_of_qemus() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\ntransaction completion-mode=grouped < "
        "backup d to=t job=j auto-finalize=false; backup e to=u job=k auto-dismiss=false >\n"
        "wait for=pending\nfinalize k\nwait\nexpect job j completed\nexpect job k completed\ndismiss k\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize("mixed", ["", "; bitmap-add d.n"], ids=["by qemu", "by txsh"])
@pytest.mark.parametrize("mode", ["jobs", "all"])
def test_a_paused_member_holds_the_vote_and_the_wait_says_so(mode: str, mixed: str) -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\n"
        f"transaction cancel={mode} < backup d to=t job=j hold=64K; backup e to=u job=k{mixed} >\n"
        "pause j\nwait j for=paused\nrelease j\nwait fails \"nothing is left to wait for but 'j', which is paused\"\n"
        'finalize k fails "*which finalizes its jobs*"\nresume j\nwait\nexpect group committed\n'
    )

    assert findings(trace) == []
    assert "job-finalize" not in sent(trace) or mixed


@pytest.mark.parametrize("mixed", ["", "; bitmap-add d.n"], ids=["by qemu", "by txsh"])
@pytest.mark.parametrize("end", ["resume j\nwait\nexpect group committed", "cancel j\nwait\nexpect group cancelled"])
def test_a_member_that_an_error_policy_stopped_holds_the_vote(mixed: str, end: str) -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\nfault d read at=512K once\n"
        f"transaction cancel=all < backup d to=t job=j on-source-error=stop; backup e to=u job=k{mixed} >\n"
        f"wait fails \"nothing is left to wait for but 'j', which is paused\"\n{end}\n"
    )

    assert findings(trace) == []


def test_members_that_are_kept_can_be_dismissed_when_their_group_is_over() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\nfault u write\ntransaction cancel=all < "
        "backup d to=t job=j auto-dismiss=false; backup e to=u job=k auto-dismiss=false; bitmap-add d.n >\n"
        'wait\nexpect group cancelled\ndismiss j\ndismiss k\ndismiss k fails "Job not found"\n'
    )

    assert findings(trace) == []


def test_a_speed_is_no_vote() -> None:
    trace = play(
        f"{WORLD}transaction cancel=all < backup d to=t job=j speed=1 x-perf.max-chunk=64K; bitmap-add d.n >\n"
        "speed j 0\nwait\nexpect group committed\n"
    )

    assert findings(trace) == []


def test_a_backup_that_never_ends_is_no_reason_to_wait() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\nbackup d to=t job=f sync=none\nbackup e to=u job=k\n"
        "wait fails \"nothing is left to wait for but 'f', which never ends by itself\"\nexpect job k completed\n"
        "cancel f\nwait\n"
    )

    assert findings(trace) == []


def test_a_wait_for_a_state_that_a_job_has_missed_fails() -> None:
    trace = play(f"{WORLD}backup d to=t job=j\nwait j for=paused fails \"'j' completed and never was paused\"\n")

    assert findings(trace) == []


def test_what_is_paused_at_the_end_fails_the_script_and_its_mates_are_not_blamed() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\n"
        "transaction cancel=all < backup d to=t job=j hold=64K; backup e to=u job=k; bitmap-add d.n >\n"
        "pause j\nrelease j\n"
    )

    assert findings(trace) == ["still-paused"]
    assert trace.groups[0].outcome == "cancelled"
    assert {record.outcome for record in trace.jobs} == {"cancelled"}
    assert trace.bitmaps is not None
    assert "d.n" not in trace.bitmaps
