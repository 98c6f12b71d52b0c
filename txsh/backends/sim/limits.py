"""What requests a node takes: alignments and greatest lengths, from what is below it and from its driver.

They are shown, and nothing else: the model passes requests on in one piece. A node finds its own when it is opened or
reopened or gets a backing file, and not when what is below it is exchanged later: a backup's filter that comes between
changes nothing. Those of a file opened past the page cache are of a disk with sectors of 512 bytes. Source: QEMU
block/io.c (bdrv_refresh_limits, bdrv_merge_limits).
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


def refresh_limits(node: Node) -> None:
    """Find the members of BlockLimitsInfo from those that its children have now; versions that show none need none."""
    if not node.world.profile.limits_shown:
        return
    found: dict[str, int] = {"request-alignment": 1}
    for child in node.children:
        below = child.node.limits
        for name in _GREATEST:
            if name in below:
                found[name] = max(found.get(name, 0), below[name])
        for name in _LEAST:
            if name in below:
                found[name] = min(found.get(name, below[name]), below[name])
    if not node.children:
        found |= {"min-mem-alignment": SECTOR_BYTES, "opt-mem-alignment": PAGE_BYTES, "max-iov": VECTORS_MAX}
    node.driver.refine_limits(found)
    node.limits = found
