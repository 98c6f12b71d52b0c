"""The story of a run, whole."""

from __future__ import annotations

import re

import pytest

from tests.session.play import plan_of, play, run
from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.model.trace import StatementRecord, Trace, Verdict
from txsh.report.story import Story
from txsh.session.session import Session

SCRIPT = """\
drive d 1M
target t 1M
bitmap-add d.b0
bitmap-add d.old disabled
write d 0+128K; write d 512K+64K
fault t write at=512K errno=ENOSPC
transaction <
    bitmap-remove d.old
    bitmap-clear d.nope
> fails "*nope*"
transaction <
    bitmap-remove d.old
    backup d bitmap=b0 job=j0 to=t
>
write d 768K+1
wait
expect job j0 failed
echo "two\\nlines"
backup d job=again
"""

STORY = """\
test.txsh on sim:7.2
    1  drive d 1M
    2  target t 1M
    3  bitmap-add d.b0
         bitmap d.b0: new, dirty 0
    4  bitmap-add d.old disabled
         bitmap d.old: new, dirty 0, not recording
    5  write d 0+128K
         bitmap d.b0: dirty 0 -> 128K
    5  write d 512K+64K
         bitmap d.b0: dirty 128K -> 192K
    6  fault t write at=512K errno=ENOSPC
    7  transaction <
    8      bitmap-remove d.old
    9      bitmap-clear d.nope
           ^^^^^^^^^^^^^^^^^^^
   10  > fails "*nope*"
         refused as expected: Dirty bitmap 'nope' not found
   11  transaction <
   12      bitmap-remove d.old
   13      backup d bitmap=b0 job=j0 to=t
   14  >
         job j0 running: backup of d to t
         bitmap d.old: removed, was dirty 0, not recording
         bitmap d.b0: in use
   15  write d 768K+1
   16  wait
         job j0 failed: No space left on device (write error), 128K of 192K copied
         bitmap d.b0: dirty 192K -> 256K, free
   17  expect job j0 failed
   18  echo "two\\nlines"
         two
         lines
   19  backup d job=again
         node d-target: 1M qcow2, made for it
         job again running: backup of d to d-target
       end of the script
         job again completed: 1M copied
passed
"""


def retold(trace: Trace, *, color: bool = False) -> str:
    """The story made from a finished trace."""
    lines: list[str] = []
    story = Story(trace, lines.append, color=color)
    story.begin(trace.sources[-1].name)
    for record in trace.statements:
        story.statement(record)
    story.end()
    return "".join(lines)


def told_live(text: str) -> tuple[str, Trace]:
    """The story told while the run goes on, and the trace that it leaves."""
    lines: list[str] = []
    stories: list[Story] = []

    def watch(record: object) -> None:
        if isinstance(record, StatementRecord):
            stories[0].statement(record)

    backend = SimBackend((7, 2))
    session = Session(backend, backend.host, watch=watch)
    stories.append(Story(session.trace, lines.append))
    stories[0].begin("test.txsh")
    run_now(session.run(plan_of(text)))
    run_now(session.finish())
    stories[0].end()
    return "".join(lines), session.trace


def test_a_story_shows_statements_changes_jobs_and_the_end() -> None:
    assert retold(play(SCRIPT)) == STORY


def test_the_story_is_the_same_while_the_run_goes_on() -> None:
    text, trace = told_live(SCRIPT)
    assert text == retold(trace) == STORY


def test_colours_change_no_letter() -> None:

    colored = retold(play(SCRIPT), color=True)
    assert colored != STORY
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == STORY


@pytest.mark.parametrize("outcome", ["committed", "cancelled"])
def test_a_group_tells_how_it_ended_once_its_jobs_are_done(outcome: str) -> None:
    fault = "fault d-target write\n" if outcome == "cancelled" else ""
    expect = "expect job d failed\n" if outcome == "cancelled" else ""
    text = (
        f"drive d 1M\ntarget d-target 1M\nbitmap-add d.b\nwrite d 0+64K\n{fault}"
        f"transaction cancel=all < backup d; bitmap-clear d.b >\nwait\n{expect}"
    )
    story = retold(play(text))
    assert f"transaction cancel=all {outcome}" in story
    assert story.index("job d running") < story.index("  wait\n") < story.index(f"cancel=all {outcome}")
    assert ("bitmap d.b: dirty 64K -> 0" in story) is (outcome == "committed")


def test_a_group_without_jobs_tells_its_end_with_its_reply() -> None:
    story = retold(play("drive d 1M\nbitmap-add d.b\ntransaction cancel=all < bitmap-clear d.b >\necho next\n"))
    assert story.index("transaction cancel=all committed") < story.index("echo next")
    assert story.count("committed") == 1


def test_what_failed_is_told_before_what_was_cancelled_for_it() -> None:
    world = "drive d 1M\ndrive e 1M\ntarget t 1M\nwrite d 0+1M\nwrite e 0+1M\nfault t write\n"
    story = retold(play(f"{world}transaction cancel=jobs < backup d job=j; backup e job=k to=t >\nwait\n"))
    assert story.index("job k failed") < story.index("job j cancelled (with its group: k failed)")


def test_the_same_id_again_is_the_next_job() -> None:
    world = "drive d 1M\ndrive e 1M\ntarget t 1M\nwrite d 0+1M\nwrite e 0+1M\n"
    story = retold(play(f"{world}backup d job=j to=t\nwait\nbackup e job=j to=t\nwait\n"))
    assert story.index("running: backup of d to t") < story.index("running: backup of e to t")
    assert story.count("job j completed") == 2


def test_an_unexpected_refusal_is_told_and_ends_the_story() -> None:
    story = retold(play("drive d 1M\nbitmap-clear d.nope\necho never\n"))
    assert story.endswith("    2  bitmap-clear d.nope\n         refused: Dirty bitmap 'nope' not found\nfailed\n")


def test_a_lost_backend_is_told_with_what_is_unknown() -> None:

    trace = play("drive d 1M\n")
    trace.bitmaps = None
    trace.verdict = Verdict("lost", "QEMU was killed by SIGSEGV", "transaction")
    assert retold(trace).endswith(
        "lost: QEMU was killed by SIGSEGV\n         unknown whether it was done: transaction\n"
    )


def test_a_prelude_is_told_in_one_line() -> None:
    lines: list[str] = []
    backend = SimBackend((7, 2))
    session = run_now(run("drive d 1M\nbitmap-add d.b\nwrite d 0+64K\n", backend, backend.host))
    story = Story(session.trace, lines.append, prelude=session.trace.sources[0])
    for record in session.trace.statements:
        story.statement(record)
    story.end()
    assert lines == ["       world: d 1M qcow2; d.b dirty 64K\n", "passed\n"]


def test_a_job_that_qemu_cancelled_with_its_group_is_told_so_with_the_statement_that_saw_it() -> None:
    text = (
        "drive d 1M\ndrive e 1M\ntarget t 1M\nbitmap-add d.b\nbitmap-add e.b\nwrite d 0+64K\nwrite e 0+64K\n"
        "fault t write\ntransaction cancel=all < backup d bitmap=b job=j; backup e bitmap=b job=k to=t >\n"
        "write d 512K+64K\nwait\nexpect job k failed\n"
    )
    story, trace = told_live(text)
    assert "job j cancelled (with its group: k failed)" in story
    assert story.index("cancel=all cancelled") < story.index("  wait\n")
    assert story == retold(trace)


def story_of(trace: Trace) -> str:
    lines: list[str] = []
    story = Story(trace, lines.append)
    story.begin("test.txsh")
    for record in trace.statements:
        story.statement(record)
    story.end()
    return "".join(lines)


def test_what_qemu_said_is_told_when_the_run_went_wrong() -> None:
    trace = play("drive d 1M\n")
    trace.stderr = "".join(f"line {number}\x1b[2J\n" for number in range(42))
    assert "standard error" not in story_of(trace)

    trace.verdict = Verdict("lost", "QEMU was killed by SIGSEGV")

    told = story_of(trace)
    assert told.endswith("lost: QEMU was killed by SIGSEGV\n")
    assert "       QEMU's standard error\n         line 2\\x1b[2J\n" in told
    assert "         line 41\\x1b[2J\n         (2 lines before these are in the trace, --format json)\n" in told
    assert "line 1\\x1b" not in told


def test_what_was_there_before_is_no_news_at_the_end() -> None:
    trace = play("drive d 1M\nbitmap-add d.b\n")
    trace.bitmaps_before = dict(trace.bitmaps or {})
    trace.statements.clear()
    assert story_of(trace) == "test.txsh on sim:7.2\npassed\n"
