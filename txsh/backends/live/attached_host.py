"""What QMP cannot do, on a QEMU that somebody else runs: as far as it lets us, and nothing of it stays.

Guest I/O goes through NBD on a private Unix socket, where QEMU is on this machine and no NBD server runs in it already:
only there can it be seen whether a request failed. Else the human monitor's ``qemu-io`` writes, which tells nothing of
that. Images are files of this machine, which QEMU makes itself.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed, HostUnable
from txsh.backends.live.export import SOCKET_FILE, Exports, Unserved
from txsh.backends.live.host import LiveHost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from txsh.backends.base import Image, Mismatch
    from txsh.backends.live.connection import Connection

UNSEEN = "guest I/O goes through QEMU's human monitor here, which does not tell whether it failed"


class AttachedHost(LiveHost):
    """Works in a private folder of this machine and through what the QEMU has: `Host`.

    Attributes:
        warn: told once of what cannot be seen.
    """

    looks_unasked = False

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        time_limit_seconds: float,
        *,
        is_local: bool,
    ) -> None:
        super().__init__(connection, folder, time_limit_seconds, image_tool=None)
        self.warn: Callable[[str], None] | None = None
        self._is_local = is_local
        self._exports = Exports(connection, folder, str(folder / SOCKET_FILE), mark=folder.name, is_local=is_local)

    def path(self, file: str) -> str:
        """The whole path: that QEMU works in a folder of its own."""
        return str(self._folder / file)

    async def create_image(self, image: Image) -> None:
        """Have QEMU make an image file, if it can see this machine's files.

        Raises:
            HostUnable: it cannot.
        """
        from txsh.backends.live.create import create_by_qemu  # noqa: PLC0415  # only runs that make images need it

        if not self._is_local:
            raise HostUnable(
                "no-image",
                "QEMU is on another machine, where no image can be made",
                "attach to a Unix socket on QEMU's own machine, or add a node with blockdev-add",
            )
        assert self._backend is not None
        await create_by_qemu(self._backend, self.path(image.file), image, f"{self._folder.name}-image")

    async def read(self, node: str, offset: int, length: int, pattern: int | None) -> Mismatch | None:
        """Read as the guest; without a pattern the human monitor can do it, too."""
        try:
            return await super().read(node, offset, length, pattern)
        except Unserved:
            if pattern is not None:
                raise
        await self._by_monitor(node, f"read {offset} {length}")
        return None

    async def write(self, node: str, offset: int, length: int, pattern: int) -> None:
        """Write one repeated byte as the guest."""
        await self._or_by_monitor(
            super().write(node, offset, length, pattern), node, f"write -P {pattern} {offset} {length}"
        )

    async def zero(self, node: str, offset: int, length: int, *, unmap: bool) -> None:
        """Write zeroes as the guest."""
        flags = "-zu" if unmap else "-z"
        await self._or_by_monitor(
            super().zero(node, offset, length, unmap=unmap), node, f"write {flags} {offset} {length}"
        )

    async def discard(self, node: str, offset: int, length: int) -> None:
        """Discard as the guest."""
        await self._or_by_monitor(super().discard(node, offset, length), node, f"discard {offset} {length}")

    async def flush(self, node: str) -> None:
        """Flush as the guest."""
        await self._or_by_monitor(super().flush(node), node, "flush")

    async def leave(self) -> None:
        """Take away what guest I/O has left in QEMU.

        Raises:
            BackendLost: it is gone.
        """
        await self._exports.leave()

    async def _or_by_monitor(self, request: Awaitable[None], node: str, command: str) -> None:
        try:
            await request
        except Unserved as unserved:
            assert self._backend is not None
            if self._backend.program != "qemu-system":
                raise
            del unserved
        else:
            return
        await self._by_monitor(node, command)

    async def _by_monitor(self, node: str, command: str) -> None:
        """Have the human monitor do it.

        Raises:
            CommandFailed: it told that it did not even begin.
        """
        if self.warn is not None:
            self.warn(UNSEEN)
            self.warn = None
        answer = await self._qemu_io(node, command)
        if "Permission conflict" in answer:
            # A job's filter is over it by now; the request goes through that.
            answer = await self._qemu_io(await self._top_of(node), command)
        if answer:
            raise CommandFailed("GenericError", answer.removeprefix("Error: "))

    async def _qemu_io(self, node: str, command: str) -> str:
        assert self._backend is not None
        line = f'qemu-io {node} "{command}"'
        answer = await self._backend.send("human-monitor-command", {"command-line": line}, look=True)
        return str(answer).strip()

    async def _top_of(self, node: str) -> str:
        from txsh.backends.live.graph import top_of  # noqa: PLC0415  # only when refused

        assert self._backend is not None
        nodes = await self._backend.send("query-named-block-nodes", {"flat": True}, look=True)
        graph = await self._backend.send("x-debug-query-block-graph", {}, look=True)
        return top_of(node, nodes, graph)
