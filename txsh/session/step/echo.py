"""`echo`: print a text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Echo
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Echo, statement: Statement) -> None:
    """The text is the statement's output."""
    del session
    statement.output = step.text
