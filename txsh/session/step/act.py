"""One action as a command of its own."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.model.event import QmpError
from txsh.session.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Act
    from txsh.session.session import Session
    from txsh.session.statement import Statement


async def run(session: Session, step: Act, statement: Statement) -> None:
    """Send it; a backup is prepared as in a transaction.

    Raises:
        Refused: QEMU refused it, or it was not sent because it would do harm.
    """
    from txsh.session.danger import refuse_harm
    from txsh.session.start import Starter

    del statement
    starter = Starter(session, (step.action,))
    actions = await starter.prepare()
    try:
        await refuse_harm(session, (step.action,), actions, grouped=False, alone=True)
        starter.announce()
        await session.send(step.action.action.qmp, actions[0][1])
    except Refused:
        await starter.withdraw()
        raise
    except CommandFailed as failure:
        await starter.withdraw()
        error = QmpError(failure.error_class, failure.description)
        raise Refused(error, culprit=step.action.span) from failure
    await starter.hold()
