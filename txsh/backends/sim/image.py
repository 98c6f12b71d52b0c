"""Making image files as qemu-img does. Knows nothing of processes and nodes."""

from __future__ import annotations

from txsh.backends.sim.allocation import Allocation
from txsh.backends.sim.disk import File, Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.base import Image
    from txsh.backends.sim.disk import Disk

CLUSTER_BYTES = 65536
FIRST_BYTES = 4096


def create_image(disk: Disk, image: Image) -> None:
    """Make a raw or qcow2 file, anew if it is there."""
    if image.format == "raw":
        file = File(image.file, image.size_bytes)
        # qemu-img writes the first page, so that the alignment of a disk can be probed.
        file.runs.write(0, min(FIRST_BYTES, image.size_bytes), 0)
        disk.files[image.file] = file
        return
    cluster = image.cluster_bytes or CLUSTER_BYTES
    allocation = Allocation(cluster, image.size_bytes)
    file = File(image.file, allocation.fresh_bytes())
    size_bytes = image.size_bytes + -image.size_bytes % 512
    file.formats[0] = Format(file, size_bytes, image.compat, image.backing, allocation)
    disk.files[image.file] = file
