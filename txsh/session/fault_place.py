"""Where a fault cannot be put, and why: told before anything is sent. Sends nothing, and knows no rule of blkdebug."""

from __future__ import annotations

from txsh.session.refusal import refused_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Fault
    from txsh.session.fault import FaultLayer
    from txsh.session.naming import DeclaredNode
    from txsh.session.session import Session

_TOUCHES_NOTHING = frozenset(("fault", "echo"))
"""Statements in which no access to a node can have been counted."""


def fitting_node(session: Session, step: Fault) -> DeclaredNode:
    """The node, if a fault of that kind can be put there now.

    Raises:
        Refused: it cannot.
    """
    node = session.names.declared.get(step.node)
    if node is None:
        raise refused_here(
            "fault-impossible",
            f"'{step.node}' was not made by 'drive' or 'target', so nothing is known of the file under it",
            advice="'qmp blockdev-add driver=blkdebug ...' puts a node with errors over it",
        )
    if node.role == "drive" and node.file_node is None:
        raise refused_here("fault-impossible", f"'{step.node}' has no file under it that could fail")
    if step.at_bytes is not None and step.after:
        raise refused_here(
            "fault-impossible", "'at=' does not go together with 'after=': blkdebug counts accesses wherever they go"
        )
    if step.at_bytes is not None and step.operation == "flush":
        raise refused_here("fault-impossible", "'at=' does not go together with 'flush', which is of the whole node")
    layer = session.faults.get(step.node)
    if layer is not None and layer.listens:
        _refuse_anew(session, step, node, layer)
    _refuse_late(session, step, node)
    return node


def _refuse_anew(session: Session, step: Fault, node: DeclaredNode, layer: FaultLayer) -> None:
    """Refuse a fault beside others that listen, where those would begin to count anew though they have counted.

    Raises:
        Refused: so they would, or something of ours lies over them.
    """
    counts = any(fault.after or fault.once for fault in layer.heard)
    between = {record.verb for record in session.trace.statements[layer.since + 1 :]}
    is_read = any(record.node == step.node for record in session.jobs.living())
    if (counts and (is_read or between - _TOUCHES_NOTHING)) or node.file_top != layer.filters[-1]:
        raise refused_here(
            "fault-impossible",
            f"'{step.node}' has a fault that counts accesses, and would begin anew with another one beside it",
            advice=f"put them there one right after the other, or 'unfault {step.node}' before this one",
        )


def _refuse_late(session: Session, step: Fault, node: DeclaredNode) -> None:
    """Refuse a fault that jobs which run already would not meet, or meet otherwise than jobs do."""
    for record in session.jobs.living():
        if node.role == "target" and record.target == step.node:
            raise refused_here(
                "fault-too-late",
                f"job '{record.id}' already writes to '{step.node}': a fault over it would only meet later ones",
                advice="put the fault before the backup; 'hold=' and 'after=' say when it strikes",
            )
        if record.node == step.node and step.errno == "ENOSPC" and is_held_under_source(session, record.id):
            raise refused_here(
                "fault-too-late",
                f"job '{record.id}' was held by an error of '{step.node}', and this one would hold it again",
                advice="put the fault before the backup, or use another errno",
            )


def is_held_under_source(session: Session, job: str) -> bool:
    """Whether a stop rule under its source holds a job, or has held it."""
    holds = [hold for hold in (*session.holds.values(), *session.old_holds) if hold.job == job]
    return any(hold.rule is not None and hold.rule.source is not None for hold in holds)
