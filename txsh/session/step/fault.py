"""`fault`: the next matching access to a node fails."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Fault
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Fault, statement: Statement) -> None:
    """Put the fault in its place, beside those that are there.

    Raises:
        Refused: it cannot be put there.
    """
    from txsh.session.fault import add_fault

    del statement
    await add_fault(session, step)
