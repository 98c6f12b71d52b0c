"""How a run ends: what nobody expected, what is left, and what is looked at last."""

from __future__ import annotations

from tests.session.play import findings, plan_of, play
from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.session.session import Session

WORLD = "drive d 1M\ntarget t 1M\nbitmap-add d.b\nwrite d 0+1M\n"


def test_a_job_that_failed_though_nobody_expected_it_fails_the_script_at_its_line() -> None:
    trace = play(f"{WORLD}fault t write errno=ENOSPC\nbackup d to=t job=j\n")

    (diagnostic,) = trace.diagnostics
    assert diagnostic.name == "job-failed"
    assert diagnostic.message == "job 'j' failed: No space left on device (write error)"
    assert diagnostic.span.text == "backup d to=t job=j"
    assert trace.verdict.word == "failed"


def test_a_failed_job_that_an_expect_names_is_no_failure() -> None:
    trace = play(f"{WORLD}fault t write\nbackup d to=t job=j\nwait\nexpect job j failed\n")

    assert trace.verdict.word == "passed"


def test_an_expect_of_a_later_job_of_the_same_id_does_not_cover_the_first() -> None:
    trace = play(
        f"{WORLD}fault t write\nbackup d to=t job=j\nwait\nunfault t\n"
        "backup d to=t job=j\nwait\nexpect job j completed\n"
    )

    assert findings(trace) == ["job-failed"]


def test_a_job_cancelled_by_the_script_is_no_failure() -> None:
    trace = play(f"{WORLD}backup d to=t job=j\ncancel j\nwait\n")

    assert trace.verdict.word == "passed"
    assert (trace.jobs[0].outcome, trace.jobs[0].reason) == ("cancelled", "by the script")


def test_a_job_still_held_at_the_end_is_cancelled_and_the_script_fails() -> None:
    trace = play(f"{WORLD}backup d to=t job=j hold=64K\n")

    assert findings(trace) == ["still-held"]
    assert (trace.jobs[0].outcome, trace.jobs[0].reason) == ("cancelled", "at the end of the script")


def test_a_job_never_finalized_is_cancelled_and_the_script_fails() -> None:
    trace = play(f"{WORLD}backup d to=t job=j auto-finalize=false\n")

    assert findings(trace) == ["still-unfinalized"]
    assert trace.jobs[0].outcome == "cancelled"


def test_a_concluded_job_that_is_kept_is_no_failure() -> None:
    trace = play(f"{WORLD}backup d to=t job=j auto-dismiss=false\nwait\nexpect job j completed\n")

    assert trace.verdict.word == "passed"


def test_a_script_that_failed_still_ends_its_jobs_but_says_nothing_more_of_them() -> None:
    trace = play(f"{WORLD}backup d to=t job=j hold=64K\nbitmap-clear d.nope\n")

    assert findings(trace) == ["refused"]
    assert trace.jobs[0].outcome == "cancelled"


def test_the_bitmaps_at_the_end_have_their_exact_extents() -> None:
    trace = play("drive d 1M\nbitmap-add d.a\nwrite d 0+64K\nwrite d 128K+64K\nbitmap-add d.n disabled\n")

    assert trace.bitmaps is not None
    assert set(trace.bitmaps) == {"d.a", "d.n"}
    assert trace.extents == {"d.a": [(0, 65536), (131072, 196608)], "d.n": []}


def test_a_run_is_the_same_again() -> None:
    text = f"{WORLD}transaction cancel=none < backup d to=t job=j hold=64K; bitmap-clear d.b >\nrelease j\nwait\n"
    first, second = play(text), play(text)

    assert first.events == second.events
    assert [(e.command, e.arguments, e.reply, e.error, e.time_us) for e in first.exchanges] == [
        (e.command, e.arguments, e.reply, e.error, e.time_us) for e in second.exchanges
    ]


def test_a_group_that_waits_for_the_users_finalize_is_not_waited_for() -> None:
    trace = play(
        "drive d 1M\ndrive e 1M\ntarget t 1M\ntarget u 1M\n"
        "transaction completion-mode=grouped < backup d to=t; backup e to=u auto-finalize=false >\n"
    )

    assert set(findings(trace)) == {"still-unfinalized"}
    assert {record.outcome for record in trace.jobs} == {"cancelled"}
    assert trace.statements[-1].ended_us <= trace.events[-1].time_us < 60_000_000


def test_a_concluded_job_that_is_kept_is_told_of_where_qemu_goes_on() -> None:
    backend = SimBackend((7, 2))
    session = Session(backend, backend.host)
    session.jobs.others = True
    run_now(session.run(plan_of(f"{WORLD}backup d to=t job=j auto-dismiss=false\nwait\n")))
    run_now(session.finish())

    assert findings(session.trace) == ["job-kept"]
    assert session.trace.verdict.word == "passed"
