"""Statements that would crash this QEMU, hang it or do silent damage: refused before they are sent, or warned of.

The same on every backend, so that a script means the same; not with ``--as-is``. Which QEMU has which defect is in
`defect.py`, what QEMU refuses in `txsh.group`; what only raw QMP can do is in `danger_raw.py`, what iothreads make
dangerous in `danger_iothread.py`.
"""

from __future__ import annotations

from txsh.session.defect import (
    ALWAYS_REFUSED,
    COMMON_SOURCE,
    ENABLE_REFUSED,
    GROUP_REFUSED,
    LARGE_CLUSTER,
    MERGE_OF_NOTHING,
)
from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Protocol

    from txsh.group.precheck import Refusal
    from txsh.session.defect import Defect
    from txsh.session.session import Session
    from txsh.syntax.source import Span

    Action = tuple[str, Mapping[str, Any]]
    """A transaction action's ``type`` and ``data``, as they go on the wire."""

    class Placed(Protocol):
        """Whatever stands somewhere in a script."""

        @property
        def span(self) -> Span:
            """Where."""


_BACKUPS = ("blockdev-backup", "drive-backup")
_CLUSTER_BYTES_MAX = 128 << 20
"""Source: block/block-copy.c, BLOCK_COPY_MAX_MEM, the memory of all requests of a backup together."""
_MERGES = "block-dirty-bitmap-merge"


async def refuse_harm(
    session: Session, places: Sequence[Placed], actions: Sequence[Action], *, grouped: bool, alone: bool = False
) -> None:
    """Look first where QEMU itself would do harm.

    Args:
        places: the user's actions, for where they stand.
        actions: the same as they go on the wire.
        alone: it is one command, no transaction.

    Raises:
        Refused: it would kill this QEMU or damage a bitmap. Where QEMU would refuse it anyhow, the text is the one that
            a QEMU without the defect gives.
    """
    if session.as_is:
        return
    refuse_large_clusters(session, places, actions)
    if session.iothreads.are_used:
        from txsh.session.danger_iothread import refuse_in_iothreads

        await refuse_in_iothreads(session, places, session.names.real(actions), alone=alone)
    defect = _defect(session, actions, grouped=grouped, alone=alone)
    if defect is not None:
        await _refuse_what_fails(session, places, actions, defect, grouped=grouped, alone=alone)
    if not grouped:
        _warn_of_common_source(session, places, actions)


def refuse_large_clusters(session: Session, places: Sequence[Placed], actions: Sequence[Action]) -> None:
    """Refuse a backup in clusters that are larger than all of the memory that QEMU gives it.

    Raises:
        Refused: there is one.
    """
    for place, (kind, data) in zip(places, actions, strict=True):
        size_bytes = data.get("x-perf", {}).get("min-cluster-size", 0) if kind in _BACKUPS else 0
        if size_bytes > _CLUSTER_BYTES_MAX and size_bytes.bit_count() == 1 and _has(session, LARGE_CLUSTER):
            from txsh.session.refusal import refused_here

            refused = refused_here(
                "cluster-too-large", f"this QEMU {LARGE_CLUSTER.does}", advice="not sent: 128M is the most that works"
            )
            refused.culprit = place.span
            raise refused


def _defect(session: Session, actions: Sequence[Action], *, grouped: bool, alone: bool) -> Defect | None:
    """The defect that strikes when one of the actions is refused; None when this QEMU just refuses."""
    if any(kind == _MERGES and not data["bitmaps"] for kind, data in actions) and _has(session, MERGE_OF_NOTHING):
        return MERGE_OF_NOTHING
    if alone:
        return None
    backups = [data for kind, data in actions if kind in _BACKUPS]
    if grouped and len(backups) > 1 and _has(session, GROUP_REFUSED):
        return GROUP_REFUSED
    enables = any(kind == "block-dirty-bitmap-enable" for kind, _ in actions)
    if enables and _has(session, ENABLE_REFUSED):
        return ENABLE_REFUSED
    keeps = any(data.get("bitmap-mode") == "always" for data in backups)
    return ALWAYS_REFUSED if keeps and _has(session, ALWAYS_REFUSED) else None


async def _refuse_what_fails(
    session: Session, places: Sequence[Placed], actions: Sequence[Action], defect: Defect, *, grouped: bool, alone: bool
) -> None:
    from txsh.group.precheck import first_refusal
    from txsh.session.refusal import Refused
    from txsh.session.view import look_at_jobs, look_at_nodes

    if _is_malformed(session, actions, grouped=grouped, alone=alone):
        return
    nodes, jobs = await look_at_nodes(session.backend), await look_at_jobs(session.backend)
    refusal = first_refusal(
        actions, nodes, jobs, version=session.backend.version, grouped=grouped, aliases=session.names.aliases
    )
    conflict = _conflict(session, session.names.real(actions)) if grouped else None
    if conflict is not None and (refusal is None or conflict.index < refusal.index):
        refusal = conflict
    if refusal is not None:
        error = refusal.error._replace(description=session.names.tell(refusal.error.description))
        advice = f"not sent: this QEMU does not answer that, it {defect.does}"
        raise Refused(error, culprit=places[refusal.index].span, label="this action", advice=advice)


def _is_malformed(session: Session, actions: Sequence[Action], *, grouped: bool, alone: bool) -> bool:
    """Whether QEMU refuses the arguments, which it looks at before it does anything."""
    from txsh.group.wire import transaction
    from txsh.schema.visitor import refusal

    name, arguments = actions[0] if alone else ("transaction", transaction(actions, "grouped" if grouped else None))
    try:
        return refusal(session.backend.version, session.backend.program, name, arguments) is not None
    except LookupError:
        # Nobody has recorded what this QEMU takes.
        return False


def _conflict(session: Session, actions: Sequence[Action]) -> Refusal | None:
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


def _warn_of_common_source(session: Session, places: Sequence[Placed], actions: Sequence[Action]) -> None:
    if not _has(session, COMMON_SOURCE):
        return
    jobs, groups = session.jobs, session.groups
    first = {
        record.node: record.span
        for record in jobs.living()
        if record not in jobs.manual and not any(record in group.members for group in groups)
    }
    for place, (kind, data) in zip(places, actions, strict=True):
        if kind not in _BACKUPS or not data.get("auto-finalize", True):
            continue
        node = data["device"]
        if node in first:
            earlier = first[node]
            session.warn(
                Diagnostic(
                    "backups-of-one-source",
                    f"backups of '{node}' that end by themselves at the same time may crash QEMU (B10)",
                    place.span,
                    help="'cancel=jobs' or 'completion-mode=grouped' is safe, so is 'auto-finalize=false'",
                    notes=() if earlier is None else (Note("the first one", earlier),),
                    severity="warning",
                )
            )
            return
        first[node] = place.span


def _has(session: Session, defect: Defect) -> bool:
    return defect.is_in(session.backend.version)
