"""What requests a node takes: alignments and greatest lengths, from what is below it and from its driver.

They are shown, and nothing else: the model passes requests on in one piece. Those of a file opened past the page cache
are of a disk with sectors of 512 bytes. Source: QEMU block/io.c (bdrv_refresh_limits, bdrv_merge_limits).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.node import Node

PAGE_BYTES = 4096
SECTOR_BYTES = 512
VECTORS_MAX = 1024
_GREATEST = ("discard-alignment", "opt-transfer", "opt-mem-alignment", "min-mem-alignment")
_LEAST = ("max-transfer", "max-iov")


def limits(node: Node) -> dict[str, int]:
    """The members of BlockLimitsInfo."""
    found: dict[str, int] = {"request-alignment": 1}
    for child in node.children:
        below = limits(child.node)
        for name in _GREATEST:
            if name in below:
                found[name] = max(found.get(name, 0), below[name])
        for name in _LEAST:
            if name in below:
                found[name] = min(found.get(name, below[name]), below[name])
    if not node.children:
        found |= {"min-mem-alignment": SECTOR_BYTES, "opt-mem-alignment": PAGE_BYTES, "max-iov": VECTORS_MAX}
    node.driver.refine_limits(found)
    return found
