"""The refreshed line of running jobs."""

from __future__ import annotations

from typing import Any

from txsh.model.event import Event
from txsh.model.trace import Exchange, StatementRecord
from txsh.report.progress import Progress
from txsh.syntax.source import Source, Span

ERASE = "\r\x1b[K"


def look(*jobs: tuple[str, str, int, int]) -> Exchange:
    reply = [
        {"id": id_, "type": "backup", "status": status, "current-progress": current, "total-progress": total}
        for id_, status, current, total in jobs
    ]
    return Exchange(None, "query-jobs", {}, reply, None, look=True, time_us=0)


def told(*records: Any, width: int = 80) -> list[str]:
    lines: list[str] = []
    progress = Progress(lines.append, width)
    for record in records:
        progress.take(record)
    return lines


def test_a_look_at_the_jobs_shows_how_far_they_are() -> None:
    assert told(look(("j0", "running", 1 << 20, 4 << 20))) == ["j0 running 25% (1M of 4M)"]


def test_the_next_look_takes_the_place_of_the_line() -> None:
    lines = told(look(("j0", "running", 0, 4096)), look(("j0", "running", 1024, 4096)))
    assert lines == ["j0 running 0% (0 of 4K)", ERASE, "j0 running 25% (1K of 4K)"]


def test_what_is_told_for_good_takes_the_line_away() -> None:
    span = Span(Source("a", "wait"), 0, 4)
    record = StatementRecord(span, "wait", "done", None, None, (), None, 0, 0)
    assert told(look(("j0", "running", 0, 4096)), record, record)[1:] == [ERASE]


def test_a_job_that_is_gone_is_shown_no_more() -> None:
    gone = Event(0, "JOB_STATUS_CHANGE", {"id": "j0", "status": "null"})
    lines = told(look(("j0", "running", 0, 4096)), gone, look(("j1", "paused", 0, 4096)))
    assert lines[-1] == "j1 paused 0% (0 of 4K)"


def test_a_job_without_a_length_shows_no_share() -> None:
    assert told(look(("j0", "created", 0, 0))) == ["j0 created (0 of 0)"]


def test_the_line_fits_the_terminal_and_a_name_cannot_move_the_cursor() -> None:
    (line,) = told(look(("\x1b[2J" * 20, "running", 0, 4096)), width=40)
    assert len(line) == 39
    assert line.isprintable()
