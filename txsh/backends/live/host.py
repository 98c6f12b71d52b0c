"""What QMP cannot do, on a real QEMU: image files, guest I/O over NBD, exact extents.

NBD knows few errors: EPERM, EIO, ENOMEM, EINVAL, ENOSPC, EOVERFLOW, ENOTSUP and ESHUTDOWN come as they are. EROFS comes
as EPERM, EFBIG and EDQUOT as ENOSPC, and every other one as EINVAL, so that these cannot be told apart.
Source: nbd/server.c, system_errno_to_nbd_errno (7.2).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from txsh.backends.base import BackendLost, HostUnable, Mismatch
from txsh.backends.live.export import Exports
from txsh.backends.live.nbd import RANGE_BYTES_MAX, REQUEST_BYTES_MAX, NbdFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from txsh.backends.base import Image
    from txsh.backends.live.backend import LiveBackend
    from txsh.backends.live.connection import Connection
    from txsh.backends.live.content import LiveContent
    from txsh.model.extent import Extents

_CHANGING = frozenset({"write", "zero", "discard"})
"""Requests of which it matters whether they were carried out."""


class LiveHost:
    """Works in a private folder and through NBD exports of QEMU's nodes: `Host`.

    Args:
        folder: QEMU's working directory, and only ours.
        image_tool: the qemu-img to make images with; None: there is none.

    Attributes:
        devices: names of devices that stand for nodes without a name of the user's, with QEMU's names of these.
        looks_unasked: whether it may look at extents, which changes QEMU for a moment, though no script asked.
    """

    looks_unasked = True

    def __init__(
        self, connection: Connection, folder: Path, time_limit_seconds: float, *, image_tool: str | None
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._time_limit_seconds = time_limit_seconds
        self._image_tool = image_tool
        self._exports = Exports(connection, folder)
        self._backend: LiveBackend | None = None
        self.devices: dict[str, str] = {}

    def attach(self, backend: LiveBackend) -> None:
        """Say who sends commands."""
        self._backend = backend
        self._exports.attach(backend)

    async def make_way(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Close what would make QEMU refuse a command of the script's."""
        await self._exports.make_way(command, arguments)

    def path(self, file: str) -> str:
        """A file's own name: QEMU works in the scratch folder. So the messages are those of the simulator."""
        return file

    async def nbd_address(self) -> str | None:
        """The Unix socket of the NBD server, which guest I/O uses as well.

        Raises:
            HostUnable: there can be none.
        """
        return await self._exports.serve()

    async def free_nbd_server(self) -> None:
        """Stop the server of guest I/O, if no export of the script's uses it."""
        await self._exports.give_way()

    def nbd_server_is(self, address: Mapping[str, Any] | None) -> None:
        """The script has started one, which guest I/O uses from now on; None: it has stopped the one there was."""
        self._exports.take_over(address)

    async def create_image(self, image: Image) -> None:
        """Make an image file.

        Raises:
            HostUnable: qemu-img is missing or refused.
        """
        from txsh.backends.live.image import create_image  # noqa: PLC0415  # only runs that make images need it

        await create_image(self._image_tool, self._folder, image, self._time_limit_seconds)

    async def read(self, node: str, offset: int, length: int, pattern: int | None) -> Mismatch | None:
        """Read as the guest; with a pattern say where the first other byte is.

        Raises:
            GuestError: the read failed.
            HostUnable: there is no such node.
        """
        async with self._request("read", node), self._exports.reader(self._real(node)) as client:
            for start, size in _parts(offset, length, REQUEST_BYTES_MAX):
                data = await client.read(start, size)
                if pattern is not None and (found := _first_other(data, pattern)) is not None:
                    return Mismatch(start + found[0], found[1])
        return None

    async def write(self, node: str, offset: int, length: int, pattern: int) -> None:
        """Write one repeated byte as the guest, in one request up to 32 MiB.

        Raises:
            GuestError: the write failed.
            CommandFailed: nobody may write there now: the node is the target of a job.
        """
        async with self._request("write", node):
            client = await self._exports.writer(self._real(node))
            for start, size in _parts(offset, length, REQUEST_BYTES_MAX):
                await client.write(start, bytes((pattern,)) * size)

    async def zero(self, node: str, offset: int, length: int, *, unmap: bool) -> None:
        """Write zeroes as the guest.

        Raises:
            GuestError: it failed.
            CommandFailed: nobody may write there now: the node is the target of a job.
        """
        async with self._request("zero", node):
            client = await self._exports.writer(self._real(node))
            for start, size in _parts(offset, length, RANGE_BYTES_MAX):
                await client.write_zeroes(start, size, unmap=unmap)

    async def discard(self, node: str, offset: int, length: int) -> None:
        """Discard as the guest.

        Raises:
            GuestError: it failed.
            CommandFailed: nobody may write there now: the node is the target of a job.
        """
        async with self._request("discard", node):
            client = await self._exports.writer(self._real(node))
            for start, size in _parts(offset, length, RANGE_BYTES_MAX):
                await client.trim(start, size)

    async def flush(self, node: str) -> None:
        """Flush as the guest; works on the target of a job, too.

        Raises:
            GuestError: it failed.
            HostUnable: there is no such node.
        """
        async with self._request("flush", node), self._exports.reader(self._real(node)) as client:
            await client.flush()

    async def extents(self, node: str, bitmap: str) -> Extents:
        """The dirty bytes of a bitmap that is not busy, cut at the end of the image.

        Raises:
            CommandFailed: the bitmap is busy or inconsistent.
            HostUnable: there is none.
        """
        from txsh.backends.live.dirty import dirty_extents  # noqa: PLC0415  # only runs that look need it

        assert self._backend is not None
        async with self._request("look at the bitmaps of", node):
            return await dirty_extents(self._backend, self._exports, self._real(node), bitmap)

    async def content(self, node: str) -> LiveContent:
        """Everything the node holds now.

        Raises:
            GuestError: a read failed.
            HostUnable: there is no such node.
        """
        from txsh.backends.live.content import read_content  # noqa: PLC0415  # only runs that compare need it

        async with self._request("read", node):
            return await read_content(self._exports, self._real(node))

    async def file_offset(self, node: str, offset: int) -> int | None:
        """Where in the node's ``file`` child the byte at a guest offset lies; None when it is not allocated there.

        Raises:
            HostUnable: the format says it in no way known here.
            GuestError: the node could not be flushed.
        """
        from txsh.backends.live.graph import file_below  # noqa: PLC0415  # only faults and holds need it
        from txsh.backends.live.qcow2 import file_offset  # noqa: PLC0415  # the same

        assert self._backend is not None
        nodes = await self._backend.send("query-named-block-nodes", {"flat": True}, look=True)
        drivers = {info.get("node-name"): info["drv"] for info in nodes}
        driver = drivers.get(node)
        if driver == "raw":
            return offset
        if driver is None:
            raise HostUnable("no-node", f"there is no node {node}")
        if driver != "qcow2":
            raise HostUnable("no-file-offset", f"'{node}' is {driver}: where its data lies is not known")
        below = file_below(node, nodes, await self._backend.send("x-debug-query-block-graph", {}, look=True))
        if below is None:
            raise HostUnable("no-file-offset", f"'{node}' does not lie on a file")
        # QEMU keeps changed tables in memory until a flush.
        await self.flush(node)
        return file_offset(self._folder / below, offset)

    def close(self) -> None:
        """Hang up everywhere."""
        self._exports.abandon()

    def _real(self, node: str) -> str:
        return self.devices.get(node, node)

    @asynccontextmanager
    async def _request(self, what: str, node: str) -> AsyncIterator[None]:
        """Give a request of the guest's its time limit, and tell a lost QEMU from a lost export."""
        self._connection.check()
        unknown = f"{what} {node}" if what in _CHANGING else None
        try:
            async with asyncio.timeout(self._time_limit_seconds):
                yield
        except TimeoutError as error:
            self._connection.lose(f"QEMU did not {what} '{node}' within {self._time_limit_seconds:g} s", error)
            raise BackendLost(f"QEMU did not answer within {self._time_limit_seconds:g} s", unknown) from error
        except BackendLost as loss:
            raise BackendLost(loss.description, unknown) from loss.__cause__
        except NbdFailed as error:
            await self._connection.confirm(unknown)
            await self._exports.drop(self._real(node))
            raise HostUnable("no-guest-io", f"could not {what} '{node}': {error}") from error


def _parts(offset: int, length: int, longest: int) -> Iterator[tuple[int, int]]:
    """A range in requests of bearable length."""
    end = offset + length
    while offset < end:
        size = min(longest, end - offset)
        yield offset, size
        offset += size


def _first_other(data: bytes, pattern: int) -> tuple[int, int] | None:
    """Where the first byte is that differs from the pattern, and what it is."""
    rest = data.lstrip(bytes((pattern,)))
    return (len(data) - len(rest), rest[0]) if rest else None
