"""`remember NAME NODE`: keep what a node holds now, to compare later."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Remember
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Remember, statement: Statement) -> None:
    """Take the content.

    Raises:
        HostUnable: this backend cannot read as the guest.
    """
    from txsh.session.fault import content

    del statement
    session.remembered[step.name] = await content(session, step.node)
