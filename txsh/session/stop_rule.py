"""A rule that stops a backup before one cluster: a filter that fails one request there, with a policy that stops on it.

The error is ENOSPC and the policy ``enospc``, so that every other error does to the job what it does without a hold.
The filter lies over the target; or, where the target's own faults are of that very errno, under the source.
Source: block/block-backend.c, blk_get_error_action: under ``enospc`` only ENOSPC stops.
"""

from __future__ import annotations

import errno

from txsh.backends.base import CommandFailed, HostUnable
from txsh.session.fault import exchange_file, reading
from txsh.session.fault_rule import SECTOR_BYTES
from txsh.session.refusal import refused_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.session.naming import DeclaredNode
    from txsh.session.session import Session

_STOP = "ENOSPC"


class StopRule:
    """One such filter.

    Attributes:
        filter: its node; None once it is gone.
        source: the node under which it lies; None when it lies over a target.
    """

    __slots__ = ("filter", "source")

    def __init__(self, filter_node: str, source: DeclaredNode | None) -> None:
        self.filter: str | None = filter_node
        self.source = source

    async def remove(self, session: Session) -> bool:
        """Take the filter away once its job is gone; returns whether it is gone."""
        if self.filter is None:
            return True
        try:
            if self.source is not None and self.source.file_top == self.filter:
                await exchange_file(session, self.source, session.names.beneath[self.filter])
            await session.send("blockdev-del", {"node-name": self.filter})
        except CommandFailed:
            # Something lies over it or still uses it; it is tried again later.
            return False
        del session.names.hidden[self.filter]
        self.filter = None
        return True


async def put_stop_rule(session: Session, data: dict[str, Any], place: int, why_not: str, *, shared: bool) -> StopRule:
    """Put the filter where it is exact and change the backup's QMP data for it.

    Args:
        data: of `blockdev-backup`, its target as on the wire.
        place: guest offset of the cluster before which it stops.
        why_not: begins the refusal: what cannot be held where.
        shared: another job reads the source, and might meet the rule first.

    Raises:
        Refused: neither side can have one.
    """
    if _is_free(session, data, "target"):
        filter_node = await _add(session, data["target"], place, ("write", "write-zeroes"))
        data["target"], data["on-target-error"] = filter_node, "enospc"
        return StopRule(filter_node, None)
    node = session.names.declared.get(data["device"])
    is_free = not shared and _is_free(session, data, "source")
    offset = await _source_offset(session, node, place) if is_free else None
    if node is None or node.file_top is None or offset is None:
        raise refused_here(
            "hold-not-exact",
            f"{why_not}: its target fails with {_STOP} itself or has an error policy of its own, and its source "
            "has another job, a fault without 'at=', or no data there that is read from a file",
            advice="hold it where the source has data, or use another errno for the fault",
        )
    filter_node = await _add(session, node.file_top, offset, ("read",))
    try:
        await exchange_file(session, node, filter_node)
    except CommandFailed:
        await session.send("blockdev-del", {"node-name": filter_node})
        del session.names.hidden[filter_node]
        raise
    data["on-source-error"] = "enospc"
    return StopRule(filter_node, node)


def _is_free(session: Session, data: dict[str, Any], side: str) -> bool:
    """Whether the policy of one side is free for a hold, and no fault of the user's would stop the job as it does.

    No compressed write goes through a filter. Source: block/blkdebug.c has no function for one.
    """
    if data.get(f"on-{side}-error", "report") != "report" or (side == "target" and data.get("compress", False)):
        return False
    name = data["device"] if side == "source" else data["target"]
    layer = session.faults.get(session.names.hidden.get(name, name))
    if layer is None:
        return True
    return _STOP not in layer.errnos and not (side == "source" and layer.listens)


async def _source_offset(session: Session, node: DeclaredNode | None, place: int) -> int | None:
    if node is None or node.file_top is None:
        return None
    try:
        async with reading(session, node.name, always=True):
            return await session.host.file_offset(node.name, place)
    except HostUnable:
        return None


async def _add(session: Session, below: str, offset: int, kinds: tuple[str, ...]) -> str:
    filter_node = session.names.hide(session.names.hidden.get(below, below), "hold")
    rule = {"event": "none", "errno": getattr(errno, _STOP), "sector": offset // SECTOR_BYTES, "once": True}
    rules = [{**rule, "iotype": kind} for kind in kinds]
    session.names.beneath[filter_node] = below
    arguments = {"driver": "blkdebug", "node-name": filter_node, "image": below, "inject-error": rules}
    try:
        await session.send("blockdev-add", arguments)
    except CommandFailed:
        del session.names.hidden[filter_node]
        raise
    return filter_node
