"""A transaction: sent as it is, or as a group that QEMU or txsh keeps together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txsh.backends.base import CommandFailed

if TYPE_CHECKING:
    from txsh.actions.step import Transact
    from txsh.session.session import Session
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
    from txsh.session.danger import refuse_harm
    from txsh.session.start import Starter

    starter = Starter(session, step.actions)
    actions = await starter.prepare()
    await refuse_harm(session, step.actions, actions, grouped=step.completion_mode == "grouped")
    starter.announce()
    arguments: dict[str, Any] = {"actions": [{"type": kind, "data": data} for kind, data in actions]}
    if step.completion_mode is not None:
        arguments["properties"] = {"completion-mode": step.completion_mode}
    try:
        await session.send("transaction", arguments)
    except CommandFailed as failure:
        from txsh.session.blame import blamed

        await starter.withdraw()
        raise await blamed(session, step, actions, failure) from failure
    await starter.hold()
