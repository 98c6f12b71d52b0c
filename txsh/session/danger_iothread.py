"""What is dangerous while something runs in an iothread: refused before it is sent, or warned of.

Source: defects B7, B8 and B11.
"""

from __future__ import annotations

from txsh.session.defect import BACKUP_IN_IOTHREAD, ROLLBACK_IN_IOTHREAD, TRANSACTION_BESIDE_EXPORT
from txsh.session.iothread import connected
from txsh.session.refusal import refused_here
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.session.danger import Action, Placed
    from txsh.session.session import Session

_REPLACES = ("block-dirty-bitmap-clear", "block-dirty-bitmap-merge")


async def refuse_in_iothreads(
    session: Session, places: Sequence[Placed], actions: Sequence[Action], *, alone: bool, by_txsh: bool = False
) -> None:
    """Look first where an iothread makes a statement dangerous.

    Args:
        places: the user's actions, for where they stand.
        actions: the same as they go on the wire.
        alone: it is one command, no transaction.
        by_txsh: a group that txsh runs, so that a refusal finds nothing changed yet.

    Raises:
        Refused: it would kill this QEMU.
    """
    if not alone:
        _refuse_beside_export(session)
    await _refuse_backup(session, places, actions)
    if not alone and not by_txsh:
        await _warn_of_rollback(session, places, actions)


def _refuse_beside_export(session: Session) -> None:
    placed = next(iter(session.iothreads.exports.values()), None)
    if placed is not None and TRANSACTION_BESIDE_EXPORT.is_in(session.backend.version):
        raise refused_here(
            "export-in-iothread",
            f"{placed.words}: with it this QEMU {TRANSACTION_BESIDE_EXPORT.does}",
            advice=f"not sent: take the export away before, or export '{placed.node}' without an iothread",
        )


async def _refuse_backup(session: Session, places: Sequence[Placed], actions: Sequence[Action]) -> None:
    if not BACKUP_IN_IOTHREAD.is_in(session.backend.version):
        return
    for place, (kind, data) in zip(places, actions, strict=True):
        if kind not in ("blockdev-backup", "drive-backup"):
            continue
        placed = session.iothreads.of(await connected(session, data["device"]))
        # What stays where it is takes the backup's filter there.
        if placed is not None and not placed.is_fixed:
            refused = refused_here(
                "backup-in-iothread",
                f"{placed.words}: this QEMU {BACKUP_IN_IOTHREAD.does}",
                advice="not sent: 'fixed-iothread=true' on the export is safe, or no iothread",
            )
            refused.culprit = place.span
            raise refused


async def _warn_of_rollback(session: Session, places: Sequence[Placed], actions: Sequence[Action]) -> None:
    """Warn where a refusal that comes after a clear or a merge would lose what the guest wrote between the two."""
    if not ROLLBACK_IN_IOTHREAD.is_in(session.backend.version):
        return
    drained: set[str] = set()
    for place, (kind, data) in list(zip(places, actions, strict=True))[:-1]:
        if kind in ("blockdev-backup", "drive-backup"):
            drained.add(data["device"])
        if kind not in _REPLACES or data["node"] in drained:
            continue
        placed = session.iothreads.of(await connected(session, data["node"]))
        if placed is not None:
            session.warn(
                Diagnostic(
                    "rollback-in-iothread",
                    f"{placed.words}: when a later action is refused, this QEMU {ROLLBACK_IN_IOTHREAD.does}",
                    place.span,
                    help="let it be the last action, or a backup of that node the first; 'cancel=all' is safe",
                    severity="warning",
                )
            )
            return
