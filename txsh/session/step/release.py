"""`release JOB`: let a held job go on."""

from __future__ import annotations

from txsh.session.job import has_ended
from txsh.session.refusal import refused_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Release
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Release, statement: Statement) -> None:
    """Take the hold away; what the job then does needs time.

    Raises:
        Refused: the job is not held.
    """
    del statement
    record = session.jobs.newest.get(step.job)
    has_gone = record is not None and has_ended(record)
    hold = None if has_gone else session.holds.pop(step.job, None)
    if hold is None:
        advice = "it has ended" if has_gone else "'hold=OFFSET' on its backup holds it"
        raise refused_here("not-held", f"job '{step.job}' is not held", advice=advice)
    session.old_holds.append(hold)
    await hold.release(session)
