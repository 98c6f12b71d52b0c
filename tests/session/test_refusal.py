"""What `fails` matches."""

from __future__ import annotations

import pytest

from tests.session.play import findings, plan_of, play
from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.session.refusal import matches
from txsh.session.session import Session


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("abc", "abc"),
        ("*", ""),
        ("*", "anything\nat all"),
        ("a*", "a"),
        ("*c", "abc"),
        ("a*c", "ac"),
        ("*in use*", "Bitmap 'b' is in use"),
        ("a*b*c", "a-b-c"),
        ("a**c", "abc"),
        ("*b*b*", "abab"),
    ],
)
def test_a_star_stands_for_anything(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("abc", "abcd"), ("abc", "ab"), ("", "a"), ("a*a", "a"), ("a*b*c", "a-c-b"), ("*b*b*", "ab"), ("A", "a")],
)
def test_everything_else_stands_for_itself(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


def test_a_refusal_that_was_expected_is_no_failure() -> None:
    trace = play("drive d 1M\nbitmap-clear d.nope fails \"Dirty bitmap 'nope' not found\"\nbitmap-add d.b\n")

    assert trace.verdict.word == "passed"
    assert [statement.outcome for statement in trace.statements] == ["done", "refused-as-expected", "done"]


def test_a_refusal_nobody_expected_stops_the_script_under_a_caret() -> None:
    trace = play("drive d 1M\nbitmap-clear d.nope\nbitmap-add d.b\n")

    (diagnostic,) = trace.diagnostics
    assert diagnostic.name == "refused"
    assert diagnostic.message == "Dirty bitmap 'nope' not found"
    assert diagnostic.span.text == "bitmap-clear d.nope"
    assert [statement.outcome for statement in trace.statements] == ["done", "refused"]
    assert trace.verdict.word == "failed"


def test_a_refusal_with_another_text_fails_and_shows_both() -> None:
    trace = play('drive d 1M\nbitmap-clear d.nope fails "*in use*"\n')

    (diagnostic,) = trace.diagnostics
    assert diagnostic.name == "refused-otherwise"
    assert "Dirty bitmap 'nope' not found" in diagnostic.message
    assert diagnostic.label == 'expected "*in use*"'
    assert diagnostic.span.text == 'fails "*in use*"'


def test_a_statement_that_was_to_be_refused_and_is_done_fails() -> None:
    trace = play("drive d 1M\nbitmap-add d.b fails\n")

    assert findings(trace) == ["not-refused"]
    assert trace.statements[-1].outcome == "failed"


def test_a_guest_error_is_a_refusal_with_the_text_of_strerror() -> None:
    trace = play('drive d 1M\ntarget t 1M\nfault t write errno=ENOSPC\nwrite t 0+64K fails "No space left on device"\n')

    assert trace.verdict.word == "passed"
    refusal = trace.statements[-1].refusal
    assert refusal is not None
    assert refusal.error_class == ""


def test_a_job_that_was_refused_is_not_taken_for_one_that_somebody_else_starts() -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)
    run_now(
        session.run(plan_of('drive d 1M\ntarget t 1M\ntarget small 512K\nbackup d to=small job=j fails "*sizes"\n'))
    )
    run_now(backend.execute("blockdev-backup", {"job-id": "j", "device": "d", "target": "t", "sync": "full"}))
    run_now(session.finish())

    assert [(job.id, job.span, job.outcome) for job in session.trace.jobs] == [("j", None, "completed")]
