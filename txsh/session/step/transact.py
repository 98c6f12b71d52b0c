"""A transaction: sent as it is, or as a group that QEMU or txsh keeps together."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.group.wire import transaction
from txsh.session.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Transact
    from txsh.session.session import Session
    from txsh.session.start import Starter, WireAction
    from txsh.session.statement import Statement


async def run(session: Session, step: Transact, statement: Statement) -> None:
    """Send it, and wait for its holds; its jobs go on after that.

    Raises:
        Refused: QEMU refused it, or it was refused before anything was sent.
    """
    del statement
    if step.cancel == "none":
        await _as_it_is(session, step)
        return
    from txsh.session.grouping import run_group

    await run_group(session, step)


async def _as_it_is(session: Session, step: Transact) -> None:
    from txsh.session.start import Starter

    starter = Starter(session, step.actions)
    if step.completion_mode == "grouped":
        from txsh.session.qemu_group import QemuGroup

        group = QemuGroup(None)
        starter.members = group.members
        session.groups.append(group)
    actions = await starter.prepare()
    await send_transaction(session, step, starter, actions, step.completion_mode)
    await starter.hold()


async def send_transaction(
    session: Session, step: Transact, starter: Starter, actions: Sequence[WireAction], completion_mode: str | None
) -> None:
    """Send the user's actions as one transaction of QEMU's.

    Raises:
        Refused: QEMU refused it, or it was not sent because it would do harm.
    """
    from txsh.session.danger import refuse_harm

    grouped = completion_mode == "grouped"
    try:
        await refuse_harm(session, step.actions, actions, grouped=grouped)
        starter.announce()
        await session.send("transaction", transaction(actions, completion_mode))
    except Refused:
        await starter.withdraw()
        raise
    except CommandFailed as failure:
        from txsh.session.blame import blamed

        await starter.withdraw()
        raise await blamed(session, step, actions, failure, grouped=grouped) from failure
