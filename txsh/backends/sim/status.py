"""Block status through a backing chain. Source: QEMU block/io.c, bdrv_co_common_block_status_above."""

from __future__ import annotations

from txsh.backends.sim.driver.base import ALLOCATED, ZERO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.node import Node


def status_above(node: Node, start: int, end: int, *, only_top: bool) -> tuple[int, int]:
    """Flags of what is seen at `start`, and where they stop; `only_top` ignores backing files.

    Source: QEMU block/io.c, bdrv_co_common_block_status_above.
    """
    flags, stop = node.driver.status(node, start, end)
    if only_top:
        return flags, stop
    below = node
    while not flags & ALLOCATED:
        while below.driver.is_filter:
            below = below.file
        if below.backing is None:
            return flags | ZERO, stop
        below = below.backing
        if start >= below.size_bytes:
            return ZERO | ALLOCATED, stop
        flags, stop = below.driver.status(below, start, min(stop, below.size_bytes))
    return flags, stop
