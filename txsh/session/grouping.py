"""Starting a transaction with cancel=jobs or cancel=all: who can keep the promise, and what has to be sent for it.

Knows no rule of groups (`txsh.group`) and drives nothing once it runs (`running_group.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.model.trace import GroupRecord
from txsh.session.start import Starter
from txsh.session.step.transact import send_transaction

if TYPE_CHECKING:
    from txsh.actions.step import Transact
    from txsh.session.session import Session


async def run_group(session: Session, step: Transact) -> None:
    """Start it; its end comes while time passes.

    Raises:
        Refused: before anything was sent, or by QEMU; nothing has happened then.
    """
    from txsh.group.rules import decide

    path = decide(step.actions, step.cancel)
    if path == "txsh":
        from txsh.session.running_group import start_group

        await start_group(session, step)
    elif path == "qemu":
        await _grouped(session, step)
    else:
        await _without_jobs(session, step)


async def _grouped(session: Session, step: Transact) -> None:
    """Nothing but backups: QEMU keeps them together."""
    from txsh.session.qemu_group import QemuGroup

    record = GroupRecord(step.span, step.cancel, "qemu", ())
    group = QemuGroup(record)
    starter = Starter(session, step.actions)
    starter.group, starter.members = len(session.trace.groups), group.members
    actions = await starter.prepare()
    record.jobs = starter.jobs
    await send_transaction(session, step, starter, actions, "grouped")
    session.trace.groups.append(record)
    session.groups.append(group)
    await starter.hold()


async def _without_jobs(session: Session, step: Transact) -> None:
    """No job, so nothing can fail later: QEMU's own transaction is all of it or nothing."""
    starter = Starter(session, step.actions)
    actions = await starter.prepare()
    await send_transaction(session, step, starter, actions, None)
    record = GroupRecord(step.span, step.cancel, "qemu", ())
    record.outcome = "committed"
    session.trace.groups.append(record)
    session.tell(record)
