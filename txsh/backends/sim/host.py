"""What QMP cannot do, on the simulator: image files, guest I/O, exact extents.

Guest I/O enters the graph where a device or export of that node would be: above the filters of jobs.
"""

from __future__ import annotations

import errno
from os import strerror

from txsh.backends.base import CommandFailed, GuestError, HostUnable, Image, Mismatch
from txsh.backends.sim.content import NodeContent
from txsh.backends.sim.disk import StoredBitmap
from txsh.backends.sim.image import create_image
from txsh.backends.sim.loop import Coroutine
from txsh.model.extent import Extents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Any

    from txsh.backends.sim.disk import Disk
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World

_KEPT = (
    errno.EPERM,
    errno.EIO,
    errno.ENOMEM,
    errno.EINVAL,
    errno.ENOSPC,
    errno.EOVERFLOW,
    errno.ENOTSUP,
    errno.ESHUTDOWN,
)
_SEEN_AS = {kept: kept for kept in _KEPT} | {
    errno.EROFS: errno.EPERM,
    errno.EFBIG: errno.ENOSPC,
    errno.EDQUOT: errno.ENOSPC,
}
"""NBD knows few errors; every other one comes as EINVAL."""


class SimHost:
    """Works on the disk of a simulated QEMU and on its present process."""

    looks_unasked = True

    def __init__(self, disk: Disk, world: World) -> None:
        self.disk = disk
        self.world = world
        self._serves = False

    def path(self, file: str) -> str:
        """A file's own name."""
        return file

    async def nbd_address(self) -> str | None:
        """Have an NBD server, as a state: nobody listens."""
        if self.world.nbd_server is None:
            self.world.nbd_server = {"addr": {"type": "unix", "data": {"path": ".nbd"}}}
            self._serves = True
        return None

    async def free_nbd_server(self) -> None:
        """Stop the server that stands for ours, if nobody uses it."""
        if self._serves and not self.world.exports:
            self.world.nbd_server = None
            self._serves = False

    def nbd_server_is(self, address: Mapping[str, Any] | None) -> None:
        """It is the script's own, or none: no longer the one that stands for ours."""
        del address
        self._serves = False

    async def create_image(self, image: Image) -> None:
        """Make an image file."""
        create_image(self.disk, image)

    def write_image(self, file: str, offset: int, length: int, pattern: int) -> None:
        """Write content into an image that no QEMU has open, through its format."""
        image = self.disk.files[file]
        if image.format is None:
            image.runs.write(offset, offset + length, pattern)
            image.size_bytes = max(image.size_bytes, offset + length)
            return
        from txsh.backends.sim.loop import EventLoop  # noqa: PLC0415  # only content made beforehand needs it
        from txsh.backends.sim.open import open_node  # noqa: PLC0415  # the same
        from txsh.backends.sim.world import World  # noqa: PLC0415  # the same

        world = World(self.world.profile, "qsd", EventLoop(), self.disk, self.world.choices)
        bitmaps, image.format.bitmaps = image.format.bitmaps, []
        node = open_node(world, {"driver": "qcow2", "file": {"driver": "file", "filename": file}})
        request = world.loop.start(node.write([(offset, offset + length, pattern)]))
        world.loop.wait_while(lambda: not request.finished)
        image.format.bitmaps = bitmaps

    def add_stored_bitmap(self, file: str, name: str, *, disabled: bool = False) -> None:
        """Put an empty bitmap into a qcow2 image, as ``qemu-img bitmap --add`` does."""
        image = self.disk.files[file].format
        assert image is not None
        granularity = min(max(image.cluster_bytes, 4096), 65536)
        image.bitmaps.append(StoredBitmap(name, granularity, Extents(), auto=not disabled, in_use=False))

    def stored_bitmaps(self, file: str) -> list[dict[str, Any]] | None:
        """The bitmaps in a qcow2 image as ``qemu-img info`` shows them; None when there are none."""
        image = self.disk.files[file].format
        if image is None or not image.bitmaps:
            return None
        return [stored.describe() for stored in image.bitmaps]

    def file_exists(self, file: str) -> bool:
        """Whether there is a file of that name."""
        return file in self.disk.files

    def remove_image(self, file: str) -> None:
        """Delete a file if it is there."""
        self.disk.files.pop(file, None)

    async def read(self, node: str, offset: int, length: int, pattern: int | None) -> Mismatch | None:
        """Read as the guest.

        Raises:
            GuestError: the read failed.
        """
        device = self._device(node)
        _stay_inside(device, offset, length)
        if not length:
            # Nothing is sent for it.
            return None
        error, runs = self._run(device.read(offset, offset + length))
        _raise(error)
        if pattern is not None:
            for start, _, value in runs:
                if (value or 0) != pattern:
                    return Mismatch(start, value or 0)
        return None

    async def write(self, node: str, offset: int, length: int, pattern: int) -> None:
        """Write as the guest.

        Raises:
            GuestError: the write failed.
            CommandFailed: nobody may write there now: the node is the target of a job.
        """
        runs = [(offset, offset + length, pattern)]
        self._change(node, offset, length, lambda device: device.write(runs))

    async def zero(self, node: str, offset: int, length: int, *, unmap: bool) -> None:
        """Write zeroes as the guest.

        Raises:
            GuestError: it failed.
            CommandFailed: nobody may write there now: the node is the target of a job.
        """
        runs = [(offset, offset + length, None)]
        self._change(node, offset, length, lambda device: device.write(runs, zero=True, unmap=unmap))

    async def discard(self, node: str, offset: int, length: int) -> None:
        """Discard as the guest.

        Raises:
            GuestError: it failed.
            CommandFailed: nobody may write there now: the node is the target of a job.
        """
        self._change(node, offset, length, lambda device: device.discard(offset, offset + length))

    async def flush(self, node: str) -> None:
        """Flush as the guest.

        Raises:
            GuestError: it failed.
        """
        from txsh.backends.sim.export import Export  # noqa: PLC0415  # only guest I/O needs it

        device = self._device(node)
        # A flush goes down only where somebody may write: a guest may, as long as it is connected, if anybody can.
        with self.world.graph_lock.unnoticed():
            try:
                guest = Export(self.world, "guest", device, writable=not self._node(node).read_only)
            except CommandFailed:
                guest = Export(self.world, "guest", device, writable=False)
        try:
            _raise(self._run(device.flush()))
        finally:
            with self.world.graph_lock.unnoticed():
                guest.vanish()

    async def extents(self, node: str, bitmap: str) -> Extents:
        """The dirty bytes of a bitmap, cut at the end of the image."""
        found = self._node(node)
        dirty = found.find_bitmap(bitmap)
        if dirty is None:
            raise HostUnable("no-bitmap", f"node {node} has no bitmap {bitmap}")
        return dirty.bits.clipped(0, found.size_bytes)

    async def content(self, node: str) -> NodeContent:
        """Everything the node holds now."""
        found = self._node(node)
        return NodeContent(found.size_bytes, found.driver.stored(found, 0, found.size_bytes))

    async def file_offset(self, node: str, offset: int) -> int | None:
        """Where in the file child a guest offset lies."""
        found = self._node(node)
        return found.driver.host_offset(found, offset)

    def _node(self, name: str) -> Node:
        self.world.settle()
        node = self.world.find_node(name)
        if node is None:
            raise HostUnable("no-node", f"there is no node {name}")
        return node

    def _device(self, name: str) -> Node:
        """The node that a device attached to `name` is connected to by now."""
        node = self._node(name)
        climbing = True
        while climbing:
            climbing = False
            for child in node.parents:
                above = child.parent
                if child.name == "file" and getattr(getattr(above, "driver", None), "name", "") == "copy-before-write":
                    node = above  # type: ignore[assignment]  # a parent with a block driver is a node
                    climbing = True
                    break
        return node

    def _change(
        self, node: str, offset: int, length: int, request: Callable[[Node], Generator[None, None, int]]
    ) -> None:
        """Let a request change a node, as a guest that is connected for as long as it takes.

        Raises:
            GuestError: it failed, or the node is read-only.
            CommandFailed: nobody may write there now.
        """
        from txsh.backends.sim.export import Export  # noqa: PLC0415  # only guest I/O needs it

        device = self._device(node)
        if self._node(node).read_only:
            _raise(errno.EPERM)
        with self.world.graph_lock.unnoticed():
            guest = Export(self.world, "guest", device, writable=True)
        try:
            guest.keep_size()
            if length:
                _stay_inside(device, offset, length)
                _raise(self._run(request(device)))
        finally:
            with self.world.graph_lock.unnoticed():
                guest.vanish()

    def _run(self, request: Generator[None, None, Any]) -> Any:
        """Let a request run to its end, as one that the guest waits for."""
        self.world.settle()
        loop = self.world.loop
        coroutine = Coroutine(self.world.graph_lock.reading(request))
        loop.enter(coroutine)
        loop.wait_while(lambda: not coroutine.finished)
        loop.run_ready()
        return coroutine.result


def _stay_inside(device: Node, offset: int, length: int) -> None:
    """Let a request through that lies within the node.

    Source: QEMU nbd/server.c, nbd_trip: whatever nbd_co_receive_request says (ENOSPC of a write), the client is told
    EINVAL; tests/backends/test_host_contract.py asks a real one.

    Raises:
        GuestError: it does not; nothing of it is done.
    """
    if length and offset + length > device.size_bytes - device.size_bytes % 512:
        _raise(errno.EINVAL)


def _raise(error: int) -> None:
    """Raise what a guest that comes over NBD sees. Source: QEMU nbd/server.c, system_errno_to_nbd_errno."""
    if error:
        seen = _SEEN_AS.get(error, errno.EINVAL)
        raise GuestError(seen, strerror(seen))
