"""A command about one job, such as `cancel`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import JobCommand
    from txsh.session.session import Session
    from txsh.session.statement import Statement

BY_SCRIPT = "by the script"


async def run(session: Session, step: JobCommand, statement: Statement) -> None:
    """Send it.

    Raises:
        CommandFailed: QEMU refused it.
    """
    del statement
    record = session.jobs.newest.get(step.job)
    cancels = step.command in ("job-cancel", "block-job-cancel")
    if cancels and record is not None:
        # Before it is sent: the events of a cancel may come before its reply.
        session.jobs.cancelled[record] = BY_SCRIPT
    if step.command in ("job-pause", "block-job-pause"):
        session.jobs.pause(step.job)
    await session.send(step.command, step.arguments)
    if cancels:
        session.forget_hold(step.job)
