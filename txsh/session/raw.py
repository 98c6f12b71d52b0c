"""What a raw command means to a run: the jobs it starts, whose act it is, the user's nodes it changes, its dangers.

Everything is read from the command itself; what is not understood is left to QEMU.
"""

from __future__ import annotations

from txsh.actions.command import actions_of, job_of, removed_node, started_jobs
from txsh.actions.step import BoundAction, Transact
from txsh.session.job import Start
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from txsh.actions.step import Qmp
    from txsh.backends.base import CommandFailed
    from txsh.model.trace import JobRecord
    from txsh.session.refusal import Refused
    from txsh.session.session import Session


def starts_of(session: Session, step: Qmp) -> dict[str, Start]:
    """What is known of the jobs that it will start; those of a grouped transaction live or die together."""
    members = _members(session, step)
    hidden = session.names.hidden
    found = {}
    for job in started_jobs(step.command, step.arguments):
        span = step.spans.get(f"actions[{job.position}]", step.span) if step.command == "transaction" else step.span
        node, target = (name and hidden.get(name, name) for name in (job.node, job.target))
        start = Start(span, node, target, finalizes=job.finalizes, ends=job.ends)
        start.type = job.type
        if members is not None:
            start.members = members
        found[job.id if job.is_named else session.names.device(job.id)] = start
    return found


def is_grouped(step: Qmp) -> bool:
    """Whether it is a transaction whose jobs QEMU keeps together."""
    properties = step.arguments.get("properties")
    return step.command == "transaction" and properties == {"completion-mode": "grouped"}


def _members(session: Session, step: Qmp) -> list[JobRecord] | None:
    if not is_grouped(step):
        return None
    from txsh.session.qemu_group import QemuGroup

    group = QemuGroup(None)
    session.groups.append(group)
    return group.members


def act_on_job(session: Session, step: Qmp, reason: str) -> str | None:
    """Note that a cancel or a pause is the script's own; returns the job that is paused, when that is news."""
    verb, job = job_of(step.command, step.arguments) or ("", "")
    record = session.jobs.newest.get(job)
    if verb == "cancel" and record is not None:
        session.jobs.cancelled[record] = reason
    return job if verb == "pause" and session.jobs.pause(job) else None


def warn_of_faults(session: Session, step: Qmp) -> None:
    """Warn where a job writes beside a fault: that lies over its target, in a node with another name."""
    for job in started_jobs(step.command, step.arguments):
        layer = session.faults.get(job.target or "")
        if layer is not None and not layer.under:
            session.report(
                Diagnostic(
                    "fault-not-met",
                    f"job '{job.id}' writes to '{job.target}' itself: its fault lies over it, in '{layer.filters[-1]}'",
                    step.span,
                    help=f"the verb 'backup' goes through it, so does target={layer.filters[-1]}",
                    severity="warning",
                )
            )


def note_nodes(session: Session, step: Qmp) -> None:
    """Note what a command has done to nodes that this run made."""
    declared = session.names.declared
    declared.pop(removed_node(step.command, step.arguments) or "", None)
    options = step.arguments.get("options")
    if step.command == "blockdev-reopen" and isinstance(options, list):
        for each in options:
            node = declared.get(each.get("node-name"))
            if node is not None:
                node.options = each
                node.file_top = each["file"] if isinstance(each.get("file"), str) else node.file_top
    for text in _texts(step.arguments):
        # Nobody knows what it has written there.
        name = next((name for name in declared if name in text), None)
        if name is not None:
            declared[name].holes_are_alike = False


async def refuse_harm_of(session: Session, step: Qmp) -> None:
    """Look first where this QEMU would die of it, or do damage, instead of refusing it.

    Raises:
        Refused: so it would.
        BackendLost: QEMU went away.
    """
    if not _has_fitting_arguments(session, step):
        # QEMU looks at the arguments first, and does nothing when they are wrong.
        return
    from txsh.session.danger_raw import refuse_command

    count = len(actions_of(step.command, step.arguments)) if step.command == "transaction" else 0
    places = [step.spans.get(f"actions[{index}]", step.span) for index in range(count)]
    await refuse_command(session, step.command, step.arguments, step.span, places)


async def explained(session: Session, step: Qmp, failure: CommandFailed) -> Refused | None:
    """The refusal of a transaction with the action that it was, as far as that can be told.

    Raises:
        BackendLost: QEMU went away while it was asked.
    """
    bound = _bound(session, step)
    if not bound:
        return None
    from txsh.session.blame import blamed

    wire = [(action.action.qmp, dict(action.arguments)) for action in bound]
    transact = Transact(bound, "none", None, step.span, step.spans[""])
    return await blamed(session, transact, wire, failure, grouped=is_grouped(step))


def _bound(session: Session, step: Qmp) -> tuple[BoundAction, ...]:
    """The actions of a transaction, if txsh knows all of them and QEMU's schema has nothing against them; else none."""
    from txsh.actions.registry import by_qmp

    if step.command != "transaction" or not _has_fitting_arguments(session, step):
        return ()
    bound = []
    for index, (kind, data) in enumerate(actions_of(step.command, step.arguments)):
        action = by_qmp(kind)
        if action is None:
            return ()
        bound.append(BoundAction(action, data, step.spans.get(f"actions[{index}]", step.span)))
    return tuple(bound)


def _has_fitting_arguments(session: Session, step: Qmp) -> bool:
    from txsh.schema.visitor import refusal

    try:
        return refusal(session.backend.version, session.backend.program, step.command, step.arguments) is None
    except LookupError:
        return False


def _texts(value: Mapping[str, Any] | Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
