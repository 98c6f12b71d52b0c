"""A command about one job, such as `cancel`; what it means for a job that is held, or is a group's."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.model.event import QmpError
from txsh.session.job import has_ended
from txsh.session.refusal import Refused, refused_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import JobCommand
    from txsh.model.trace import JobRecord
    from txsh.session.hold import Hold
    from txsh.session.session import Session
    from txsh.session.statement import Statement

BY_SCRIPT = "by the script"
_ALREADY_PAUSED = "Job is already paused"
_NOT_PAUSED = "Can't resume a job that was not paused"


async def run(session: Session, step: JobCommand, statement: Statement) -> None:
    """Send it.

    Raises:
        CommandFailed: QEMU refused it.
        Refused: it is not the user's to do, or QEMU would refuse it for a job that were not held.
    """
    del statement
    record = session.jobs.newest.get(step.job)
    lives = record is not None and not has_ended(record)
    hold = session.holds.get(step.job) if lives else None
    match step.verb:
        case "cancel":
            await _cancel(session, step, record)
        case "pause" if hold is None or hold.rule is None:
            await _pause(session, step)
        case "pause" | "resume" if hold is not None and hold.rule is not None:
            _pause_stopped(session, hold, pauses=step.verb == "pause")
        case "speed" if hold is not None and hold.rule is None and step.arguments["speed"] >= 0:
            # Its own would let it go on; the new one is for later.
            hold.speed = step.arguments["speed"]
        case "finalize" if lives:
            assert record is not None
            _refuse_for_group(session, record)
            await session.send(step.command, step.arguments)
        case _:
            await session.send(step.command, step.arguments)


async def _cancel(session: Session, step: JobCommand, record: JobRecord | None) -> None:
    if record is not None:
        # Before it is sent: the events of a cancel may come before its reply.
        session.jobs.cancelled[record] = BY_SCRIPT
    await session.send(step.command, step.arguments)
    session.forget_hold(step.job)


async def _pause(session: Session, step: JobCommand) -> None:
    is_news = session.jobs.pause(step.job)
    try:
        await session.send(step.command, step.arguments)
    except CommandFailed:
        if is_news:
            session.jobs.pause_refused(step.job)
        raise


def _pause_stopped(session: Session, hold: Hold, *, pauses: bool) -> None:
    """Note it for a job that stands still for its hold: to QEMU it is paused, whoever wants that."""
    if hold.is_paused == pauses:
        raise Refused(QmpError("GenericError", _ALREADY_PAUSED if pauses else _NOT_PAUSED))
    hold.is_paused = pauses
    if pauses:
        session.jobs.pause_stopped(hold.job)
    else:
        session.jobs.resume_stopped(hold.job)


def _refuse_for_group(session: Session, record: JobRecord) -> None:
    group = next((group for group in session.groups if record in group.members and group.record is not None), None)
    if group is not None and group.record is not None:
        raise refused_here(
            "group-finalizes",
            f"'{record.id}' belongs to a transaction with cancel={group.record.cancel}, which finalizes its jobs when "
            "all of them have succeeded",
            advice="'wait' lets it; 'completion-mode=grouped' leaves it to you",
        )
