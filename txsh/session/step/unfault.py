"""`unfault`: take all faults of a node away."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Unfault
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Unfault, statement: Statement) -> None:
    """Take them away; a node without any is fine.

    Raises:
        Refused: QEMU does not let go of them.
    """
    from txsh.session.fault import remove_faults

    del statement
    await remove_faults(session, step.node)
