"""The end of a script, and the end of a run that somebody breaks off."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, GuestError, HostUnable, NotSimulated
from txsh.model.trace import Verdict
from txsh.session.job import has_ended
from txsh.session.refusal import Refused
from txsh.session.view import look_at_nodes, users_bitmaps, users_nodes
from txsh.session.waiting import WAIT_US, Waiting, advance_groups
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.model.state import BitmapInfo
    from txsh.model.trace import JobRecord
    from txsh.session.session import Session

AT_THE_END = "at the end of the script"
ABANDON_US = 5_000_000
"""How long the clean-up of a broken-off run may take."""


async def finish(session: Session) -> None:
    """Wait for every job and group; cancel what never ends; judge failed jobs; look at what is left."""
    if session.over:
        session.trace.bitmaps = None
    elif not session.lost:
        try:
            await _settle(session)
            await _last_look(session)
            await _withdraw(session)
        except BackendLost as failure:
            session.lose(failure)
    if not session.lost:
        _judge_jobs(session)
    choices = getattr(session.backend, "choices", None)
    if choices is not None:
        session.trace.choices = list(choices.taken)


async def abandon(session: Session, reason: str) -> None:
    """Break the run off: groups that are not committed are aborted, jobs of this run cancelled, filters removed."""
    session.stopped = True
    verdict = session.trace.verdict
    if verdict.word == "passed" or (verdict.word == "failed" and verdict.reason is None):
        session.trace.verdict = Verdict("failed", reason)
    if session.lost or session.over:
        return
    try:
        for group in session.groups:
            await group.abandon(session, reason)
        # A group that txsh runs has its jobs cancelled, or finalized where it is committed already.
        on_their_own = [
            record for record in session.jobs.living() if not any(group.drives(record) for group in session.groups)
        ]
        await _cancel(session, on_their_own, reason)
        await _wait_out(session, ABANDON_US)
        await _last_look(session)
        await _withdraw(session)
    except BackendLost as failure:
        session.lose(failure)


async def _settle(session: Session) -> None:
    quiet = session.stopped
    _report_held(session, quiet=quiet)
    await _cancel(session, [record for record in session.jobs.living() if record.id in session.holds])
    try:
        await Waiting(session, ()).run(WAIT_US)
    except Refused as left:
        if left.name != "only-held-jobs":
            _report_left(session, left.error.description, quiet=quiet)
            quiet = True
    unfinished = session.jobs.living()
    for record in unfinished:
        _report_unfinished(session, record, quiet=quiet)
    if unfinished:
        await _cancel(session, unfinished)
        await _wait_out(session, ABANDON_US)
    if session.jobs.others:
        _tell_kept(session)
    await _dismiss(session)


def _report_held(session: Session, *, quiet: bool) -> None:
    for job in session.holds:
        record = session.jobs.newest[job]
        if not has_ended(record):
            message = f"job '{job}' is still held at the end of the script, so it was cancelled"
            _report_job(session, "still-held", message, record, quiet=quiet, advice=f"'release {job}' lets it go on")


def _report_unfinished(session: Session, record: JobRecord, *, quiet: bool) -> None:
    """Say what a job waits for that nobody gave it; not of one that only waits for others of its group."""
    job, status = record.id, record.statuses[-1]
    message = f"job '{job}' is {status} at the end of the script, so it was cancelled"
    if status == "paused":
        advice = f"'resume {job}' lets it go on, 'cancel {job}' ends it"
        _report_job(session, "still-paused", message, record, quiet=quiet, advice=advice)
    elif record in session.jobs.endless:
        advice = f"a backup with sync=none is over when it is cancelled: 'cancel {job}'"
        _report_job(session, "never-ended", message, record, quiet=quiet, advice=advice)
    elif status == "ready":
        advice = f"'complete {job}' ends it, or 'cancel {job}'"
        _report_job(session, "still-unfinalized", message, record, quiet=quiet, advice=advice)
    elif status == "running":
        advice = f"all of it is copied, but it sleeps for its speed: 'speed {job} 0' wakes it"
        _report_job(session, "still-running", message, record, quiet=quiet, advice=advice)
    elif status == "pending" and not _waits_for_its_group(session, record):
        advice = f"'finalize {job}' ends it, or leave 'auto-finalize=false' out"
        _report_job(session, "still-unfinalized", message, record, quiet=quiet, advice=advice)


def _tell_kept(session: Session) -> None:
    """Say which jobs stay in a QEMU that goes on without the script: nobody else knows that they can go."""
    for record in session.jobs.newest.values():
        if record.span is not None and record.statuses[-1] == "concluded":
            message = f"job '{record.id}' has ended and stays in this QEMU"
            advice = f"'dismiss {record.id}' lets it go, or leave 'auto-dismiss=false' out"
            span = record.span
            session.report(Diagnostic("job-kept", message, span, "it was started here", advice, severity="warning"))


def _waits_for_its_group(session: Session, record: JobRecord) -> bool:
    return any(record in group.members and group.record is not None for group in session.groups)


def _report_left(session: Session, message: str, *, quiet: bool) -> None:
    places = [record.span for record in session.jobs.living() if record.span is not None]
    places += [group.record.span for group in session.groups if group.record is not None and not group.is_done]
    if places and not quiet:
        advice = "a 'wait' with 'timeout=' gives it longer"
        session.report(Diagnostic("still-running", message, places[0], "it was started here", advice))


def _report_job(
    session: Session, name: str, message: str, record: JobRecord, *, quiet: bool, advice: str | None = None
) -> None:
    if not quiet and record.span is not None:
        session.report(Diagnostic(name, message, record.span, "it was started here", advice))


async def _cancel(session: Session, records: list[JobRecord], reason: str = AT_THE_END) -> None:
    # All are told why before one is sent: a job that waits takes those of its group with it at once, another later.
    session.jobs.cancelled.update(dict.fromkeys(records, reason))
    for record in records:
        try:
            await session.send("job-cancel", {"id": record.id})
        except CommandFailed:
            # It has come to its end meanwhile.
            continue


async def _wait_out(session: Session, limit_us: int) -> None:
    """Let time pass until no job of this run lives and every group is done, but not longer than that."""
    deadline_us = session.backend.now_us() + limit_us
    while session.jobs.living() or not all(group.is_done for group in session.groups):
        if await advance_groups(session):
            continue
        if not await session.next_event(deadline_us) and session.backend.now_us() >= deadline_us:
            return


async def _dismiss(session: Session) -> None:
    """Concluded jobs that the script keeps stay; filters of holds go."""
    if session.holds or session.old_holds:
        from txsh.session.start import discard_old_holds

        await discard_old_holds(session)


async def _withdraw(session: Session) -> None:
    """Leave no export of the script's in a QEMU that goes on without it."""
    if session.jobs.others and session.exports:
        from txsh.session.step.export import end_exports

        await end_exports(session)


async def _last_look(session: Session) -> None:
    """The bitmaps at the end, with the dirty ranges of those that can be read."""
    nodes = users_nodes(await look_at_nodes(session.backend), session.names)
    session.bitmaps = users_bitmaps(nodes.values())
    session.trace.bitmaps = dict(session.bitmaps)
    if session.host.looks_unasked:
        session.trace.extents = await _extents(session, session.bitmaps)


async def _extents(session: Session, bitmaps: Mapping[str, BitmapInfo]) -> dict[str, list[tuple[int, int]]]:
    extents: dict[str, list[tuple[int, int]]] = {}
    for name, bitmap in bitmaps.items():
        if bitmap.busy or bitmap.inconsistent:
            continue
        if bitmap.count_bytes == 0:
            extents[name] = []
            continue
        try:
            extents[name] = list(await session.host.extents(bitmap.node, bitmap.name))
        except (HostUnable, NotSimulated, GuestError, CommandFailed):
            # What cannot be read is not in the trace; the counts are.
            continue
    return extents


def _judge_jobs(session: Session) -> None:
    """A job that failed, or was cancelled by nobody here, though no `expect` named it, fails the script."""
    for record in session.jobs.records:
        if record.span is None or record in session.jobs.expected:
            continue
        if record.outcome == "failed":
            operation = f" ({record.failed_operation} error)" if record.failed_operation else ""
            message = f"job '{record.id}' failed: {record.error}{operation}"
            advice = f"if it is meant to fail: 'expect job {record.id} failed' after a 'wait'"
            session.report(Diagnostic("job-failed", message, record.span, "it was started here", advice))
        elif record.outcome == "cancelled" and record.reason is None:
            message = f"job '{record.id}' was cancelled by somebody else than this script"
            session.report(Diagnostic("job-cancelled", message, record.span, "it was started here"))
