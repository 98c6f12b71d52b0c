"""Statements that would crash this QEMU, hang it or do silent damage: refused before they are sent, or warned of.

The same on every backend, so that a script means the same. Knows the defects by the names of the documentation (B1...);
the rules of what QEMU refuses are in `txsh.group`.
"""

from __future__ import annotations

from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import BoundAction
    from txsh.group.precheck import Refusal
    from txsh.session.session import Session
    from txsh.session.start import WireAction


async def refuse_harm(
    session: Session,
    bound: Sequence[BoundAction],
    actions: Sequence[WireAction],
    *,
    grouped: bool,
    alone: bool = False,
) -> None:
    """Look first where a refusal by QEMU itself would do harm.

    Args:
        bound: the user's actions; `actions` the same as they go on the wire.
        alone: it is one command, no transaction.

    Raises:
        Refused: QEMU would refuse it, in a way that kills it or damages a bitmap. The text is the one that a QEMU
            without the defect gives.
    """
    danger = _danger(actions, grouped=grouped, alone=alone)
    if danger:
        from txsh.group.precheck import first_refusal
        from txsh.session.refusal import Refused
        from txsh.session.view import look_at_jobs, look_at_nodes

        nodes, jobs = await look_at_nodes(session.backend), await look_at_jobs(session.backend)
        refusal = first_refusal(actions, nodes, jobs, version=session.backend.version, grouped=grouped)
        conflict = _conflict(session, actions) if grouped else None
        if conflict is not None and (refusal is None or conflict.index < refusal.index):
            refusal = conflict
        if refusal is not None:
            error = refusal.error._replace(description=session.names.tell(refusal.error.description))
            advice = f"not sent: this QEMU does not answer that, it {danger}"
            raise Refused(error, culprit=bound[refusal.index].span, label="this action", advice=advice)
    if not grouped:
        _warn_of_common_source(session, bound)


def _danger(actions: Sequence[WireAction], *, grouped: bool, alone: bool) -> str | None:
    """What this QEMU may do when one of the actions is refused; None when it just refuses.

    Source: defects B1, B2, B3, B4 and B9, each found with QEMU 7.2 and 11.1.
    """
    if any(kind == "block-dirty-bitmap-merge" and not data["bitmaps"] for kind, data in actions):
        return "crashes on a merge of nothing (B2)"
    if alone:
        return None
    backups = [data for kind, data in actions if kind == "blockdev-backup"]
    if grouped and len(backups) > 1:
        return "hangs for ever when a group of backups is refused (B3)"
    if any(kind == "block-dirty-bitmap-enable" for kind, _ in actions):
        return "crashes, or leaves the bitmap disabled, when an enable in a transaction is refused (B1, B4)"
    if any(data.get("bitmap-mode") == "always" for data in backups):
        return "damages the bitmap when a backup with bitmap-mode always is rolled back (B9)"
    return None


def _conflict(session: Session, actions: Sequence[WireAction]) -> Refusal | None:
    """The first backup, after two others, whose target is the source of another one that runs or stands before it.

    The words are QEMU's but for the names of filters, which QEMU makes up.
    Source: block/copy-before-write.c, cbw_child_perm: a source may be written through its filter alone.
    """
    from txsh.group.precheck import Refusal

    sources = {record.node for record in session.jobs.living()}
    backups = [(index, data) for index, (kind, data) in enumerate(actions) if kind == "blockdev-backup"]
    for place, (index, data) in enumerate(backups):
        target = data["target"]
        if place > 1 and target in sources:
            return Refusal(
                index,
                f"Could not create node: Permission conflict on node '{target}': permissions 'write' are both required "
                f"by the filter of this backup (uses node '{target}' as 'target' child) and unshared by the filter of "
                f"the backup of it (uses node '{target}' as 'file' child).",
            )
        sources.add(data["device"])
    return None


def _warn_of_common_source(session: Session, bound: Sequence[BoundAction]) -> None:
    """Source: defect B10, found with QEMU 7.2 and 11.1."""
    first: dict[str, BoundAction] = {}
    for action in bound:
        if not action.action.starts_job or not action.arguments.get("auto-finalize", True):
            continue
        node = action.arguments["device"]
        if node in first:
            session.report(
                Diagnostic(
                    "backups-of-one-source",
                    f"backups of '{node}' that end by themselves at the same time may crash QEMU (B10)",
                    action.span,
                    help="'cancel=jobs' or 'completion-mode=grouped' is safe, so is 'auto-finalize=false'",
                    notes=(Note("the first one", first[node].span),),
                    severity="warning",
                )
            )
            return
        first[node] = action
