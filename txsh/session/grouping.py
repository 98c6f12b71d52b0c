"""Starting a transaction with cancel=jobs or cancel=all: who can keep the promise, and what has to be sent for it.

Knows no rule of groups (`txsh.group`) and drives nothing once it runs (`running_group.py`).
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.model.event import QmpError
from txsh.model.trace import GroupRecord
from txsh.session.refusal import Refused
from txsh.session.start import Starter
from txsh.session.step.transact import send_transaction
from txsh.session.view import look_at_jobs, look_at_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Transact
    from txsh.group.prepare import Prepared
    from txsh.group.rules import Objection
    from txsh.session.session import Session
    from txsh.session.start import WireAction

NOTHING_SENT = "nothing was sent"


async def run_group(session: Session, step: Transact) -> None:
    """Start it; its end comes while time passes.

    Raises:
        Refused: before anything was sent, or by QEMU; nothing has happened then.
    """
    from txsh.group.rules import decide

    path = decide(step.actions, step.cancel)
    if path == "txsh":
        await _by_txsh(session, step)
    elif path == "qemu":
        await _grouped(session, step)
    else:
        await _without_jobs(session, step)


async def _grouped(session: Session, step: Transact) -> None:
    """Nothing but backups: QEMU keeps them together."""
    from txsh.group.rules import second_commit
    from txsh.session.qemu_group import QemuGroup

    objection = second_commit([(bound.action.qmp, bound.arguments) for bound in step.actions])
    if objection is not None:
        raise _refused(step, objection)
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


async def _by_txsh(session: Session, step: Transact) -> None:
    """Shadows, a vote, one commit."""
    starter = Starter(session, step.actions)
    starter.group, starter.members = len(session.trace.groups), []
    actions = session.names.real(await starter.prepare())
    try:
        prepared = await _prepared(session, step, actions)
        await _start(session, step, starter, actions, prepared)
    except Refused:
        await starter.withdraw()
        raise
    await starter.hold()


async def _prepared(session: Session, step: Transact, actions: Sequence[WireAction]) -> Prepared:
    """Look first, refuse what QEMU would refuse or what nobody could keep, and work out all messages.

    Raises:
        Refused: nothing was sent.
    """
    from txsh.group.precheck import first_refusal
    from txsh.group.prepare import prepare
    from txsh.group.rules import refused_for_good

    _refuse_too_new(session, step)
    if not session.as_is:
        from txsh.session.danger import refuse_large_clusters

        refuse_large_clusters(session, step.actions, actions)
    if session.iothreads.are_used and not session.as_is:
        from txsh.session.danger_iothread import refuse_in_iothreads

        await refuse_in_iothreads(session, step.actions, actions, alone=False, by_txsh=True)
    nodes, jobs = await look_at_nodes(session.backend), await look_at_jobs(session.backend)
    refusal = first_refusal(actions, nodes, jobs, version=session.backend.version)
    if refusal is not None:
        error = refusal.error._replace(description=session.names.tell(refusal.error.description))
        raise Refused(error, culprit=step.actions[refusal.index].span, label="this action", advice=NOTHING_SENT)
    objection = refused_for_good(actions, nodes)
    if objection is not None:
        raise _refused(step, objection)
    prepared = prepare(actions, nodes, _transaction_id(session), step.cancel)
    targets = dict.fromkeys(session.names.hidden.get(node, node) for node in prepared.flush_targets)
    return prepared._replace(flush_targets=tuple(targets))


def _refuse_too_new(session: Session, step: Transact) -> None:
    """Refuse options that this QEMU has not, as it would: in the list that is sent the actions stand elsewhere."""
    from txsh.check.since import missing

    for index, action in enumerate(step.actions):
        for param in missing(action, session.backend.version):
            member = param.qmp[0]
            raise Refused(
                QmpError("GenericError", f"Parameter 'actions[{index}].data.{member}' is unexpected"),
                culprit=action.span,
                place=action.spans.get(member),
                label=f"since QEMU {param.since}",
                advice=NOTHING_SENT,
            )


def _refused(step: Transact, objection: Objection) -> Refused:
    action = step.actions[objection.action]
    return Refused(
        QmpError("", objection.message),
        name=objection.name,
        culprit=action.span,
        place=action.spans.get(objection.member) if objection.member else None,
        label=objection.advice,
        advice=NOTHING_SENT,
    )


async def _start(
    session: Session, step: Transact, starter: Starter, actions: Sequence[WireAction], prepared: Prepared
) -> None:
    """Send T1.

    Raises:
        Refused: by QEMU, told in the user's names; nothing has happened then.
    """
    from txsh.group.wire import transaction
    from txsh.session.running_group import RunningGroup

    record = GroupRecord(step.span, step.cancel, "txsh", starter.jobs)
    assert starter.members is not None
    group = RunningGroup(record, prepared, starter.members)
    # Its jobs' events may come before the reply.
    session.groups.append(group)
    session.trace.groups.append(record)
    starter.announce()
    try:
        await session.send("transaction", transaction(prepared.t1_actions))
    except CommandFailed as failure:
        session.groups.remove(group)
        session.trace.groups.remove(record)
        raise await _refused_start(session, step, actions, prepared, failure) from failure
    group.started()


async def _refused_start(
    session: Session, step: Transact, actions: Sequence[WireAction], prepared: Prepared, failure: CommandFailed
) -> Refused:
    """What QEMU said of T1, in the user's names and under the user's action."""
    from txsh.group.told import start_refused
    from txsh.session.blame import refusal_at

    cause = failure.__cause__
    error = QmpError(failure.error_class, failure.description if cause is None else str(cause))
    nodes, jobs = await look_at_nodes(session.backend), await look_at_jobs(session.backend)
    told, found = start_refused(error, prepared, actions, nodes, jobs, version=session.backend.version)
    return refusal_at(step, told._replace(description=session.names.tell(told.description)), found)


def _transaction_id(session: Session) -> str:
    """Eight hexadecimal digits: a count where runs must be repeatable, else random, since others may use this QEMU."""
    if session.backend.name.startswith("sim"):
        session.transactions += 1
        return f"{session.transactions:08x}"
    from os import urandom

    return urandom(4).hex()
