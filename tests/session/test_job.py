"""Jobs followed through events alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.model.event import Event
from txsh.session.job import Jobs, Start, has_ended, status
from txsh.syntax.source import Source, Span

if TYPE_CHECKING:
    from txsh.model.trace import JobRecord

SPAN = Span(Source("test.txsh", "backup d"), 0, 8)


def statuses(*names: str, job: str = "j") -> list[Event]:
    return [Event(0, "JOB_STATUS_CHANGE", {"id": job, "status": name}) for name in names]


def completed(offset: int, length: int, error: str | None = None) -> Event:
    data = {"device": "j", "type": "backup", "speed": 0, "offset": offset, "len": length}
    return Event(0, "BLOCK_JOB_COMPLETED", data if error is None else {**data, "error": error})


def cancelled(offset: int) -> Event:
    data = {"device": "j", "type": "backup", "speed": 0, "offset": offset, "len": 100}
    return Event(0, "BLOCK_JOB_CANCELLED", data)


def failure(action: str, operation: str = "write") -> Event:
    return Event(0, "BLOCK_JOB_ERROR", {"device": "j", "operation": operation, "action": action})


def follow(jobs: Jobs, *events: Event) -> list[bool]:
    """Follow events; which of them were incidental."""
    return [jobs.follow(event) for event in events]


def test_a_pause_that_nobody_asked_for_is_incidental_with_its_end() -> None:
    jobs = Jobs([])

    incidental = follow(jobs, *statuses("created", "running", "paused", "running", "waiting"))

    assert incidental == [False, False, True, True, False]
    assert jobs.newest["j"].statuses == ["created", "running", "waiting"]


def test_a_pause_after_an_error_with_action_stop_is_real() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "running"))

    incidental = follow(jobs, failure("stop"), *statuses("paused", "running", "paused", "running"))

    assert incidental == [False, False, False, True, True]
    assert jobs.newest["j"].statuses == ["created", "running", "paused", "running"]


def test_a_pause_by_the_script_is_real() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "running"))
    jobs.pause("j")

    assert follow(jobs, *statuses("paused", "running")) == [False, False]


def test_the_traces_of_a_stop_rule_of_ours_are_incidental_and_only_once() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "running"))
    jobs.stopping.add("j")

    assert follow(jobs, failure("stop"), *statuses("paused", "running")) == [True, True, True]
    assert follow(jobs, failure("stop"), *statuses("paused", "running")) == [False, False, False]


def test_a_job_of_another_id_keeps_its_own_pauses() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "running"), *statuses("created", "running", job="k"))

    incidental = follow(jobs, *statuses("paused"), *statuses("paused", "running", job="k"), *statuses("running"))

    assert incidental == [True, True, True, True]


def test_a_failed_job_keeps_error_operation_and_progress() -> None:
    records: list[JobRecord] = []
    jobs = Jobs(records)
    jobs.announce({"j": Start(SPAN, "d", "t")})

    follow(jobs, *statuses("created", "running"), failure("report"), *statuses("aborting"))
    follow(jobs, completed(64, 128, "Input/output error"), *statuses("concluded", "null"))

    (record,) = records
    assert (record.outcome, record.error, record.failed_operation) == ("failed", "Input/output error", "write")
    assert (record.offset, record.length, record.type) == (64, 128, "backup")
    assert (record.span, record.node, record.target) == (SPAN, "d", "t")
    assert has_ended(record)


def test_an_id_used_again_is_another_job() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "running", "waiting", "pending"), completed(1, 1))
    follow(jobs, *statuses("concluded", "null", "created", "running"))

    assert [status(record) for record in jobs.records] == ["completed", "running"]
    assert jobs.newest["j"] is jobs.records[1]


def test_a_job_that_never_started_is_cancelled_and_says_so() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "aborting", "concluded", "null"))

    assert jobs.newest["j"].outcome == "cancelled"
    assert jobs.newest["j"].reason == "it never started"


def test_a_job_cancelled_here_knows_why_and_others_do_not() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "running"))
    jobs.cancelled[jobs.newest["j"]] = "by the script"
    follow(jobs, *statuses("aborting"), cancelled(5), *statuses("concluded", "null"))
    follow(jobs, *statuses("created", "running", "aborting"), cancelled(6), *statuses("concluded", "null"))

    assert [record.reason for record in jobs.records] == ["by the script", None]


def test_a_concluded_job_that_is_kept_has_ended() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("created", "running", "waiting", "pending"), completed(1, 1), *statuses("concluded"))

    assert jobs.living() == []


def test_events_without_a_job_known_make_one_without_a_place() -> None:
    jobs = Jobs([])
    follow(jobs, *statuses("running"))

    assert jobs.newest["j"].span is None


def test_only_the_job_announced_gets_the_place() -> None:
    jobs = Jobs([])
    jobs.announce({"j": Start(SPAN, "d", "t")})
    jobs.withdraw()
    follow(jobs, *statuses("created"))

    assert jobs.newest["j"].span is None
