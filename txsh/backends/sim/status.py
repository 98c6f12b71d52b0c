"""Block status through a backing chain. Source: QEMU block/io.c, bdrv_co_common_block_status_above."""

from __future__ import annotations

from txsh.backends.sim.driver.base import ALLOCATED, ZERO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.node import Node


def status_above(node: Node, start: int, end: int, *, only_top: bool = False, whole: bool = False) -> tuple[int, int]:
    """Flags of what is seen at `start`, and where they stop.

    Args:
        only_top: backing files are ignored.
        whole: as far as it is the same, and not only as far as QEMU's drivers look at a time.

    Source: QEMU block/io.c, bdrv_co_common_block_status_above.
    """
    flags, stop = status_one(node, start, end, whole=whole)
    if only_top:
        return flags, stop
    below = node
    while not flags & ALLOCATED:
        while below.driver.is_filter:
            below = below.file
        if below.backing is None:
            return flags, stop
        below = below.backing
        if start >= below.size_bytes:
            return ZERO | ALLOCATED, stop
        flags, stop = status_one(below, start, min(stop, below.size_bytes), whole=whole)
    return flags, stop


def status_one(node: Node, start: int, end: int, *, whole: bool = False) -> tuple[int, int]:
    """The same of one layer. Source: QEMU block/io.c, bdrv_co_block_status."""
    if not whole:
        end = node.driver.status_limit(node, start, end)
    return node.driver.status(node, start, end)
