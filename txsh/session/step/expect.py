"""`expect`: look now and compare; each kind has a file in `txsh/session/expect/`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Expect
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Expect, statement: Statement) -> None:
    """Compare.

    Raises:
        StatementFailed: something is different from what the script says.
    """
    del statement
    module = __import__(f"txsh.session.expect.{step.kind.replace('-', '_')}", fromlist=["check"])
    await module.check(session, step)
