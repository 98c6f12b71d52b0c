"""`wait`: let time pass until jobs and groups are where they should be."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Wait
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Wait, statement: Statement) -> None:
    """Wait.

    Raises:
        Refused: it took too long, or it could never end.
    """
    from txsh.session.waiting import WAIT_US, Waiting

    del statement
    timeout_us = WAIT_US if step.timeout_us is None else step.timeout_us
    await Waiting(session, step.jobs, step.until).run(timeout_us)
