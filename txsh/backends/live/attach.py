"""Attach to a QEMU that somebody else runs: connect, find out what it is, change nothing.

Nothing of ours stays there: an NBD server that guest I/O needed is stopped, and the connection is given up.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress

from txsh.backends.base import BackendLost, CommandFailed, HostUnable
from txsh.backends.live.address import connect, occupied
from txsh.backends.live.attached_host import AttachedHost
from txsh.backends.live.backend import LiveBackend
from txsh.backends.live.connection import TIME_LIMIT_SECONDS, Connection, NoGreeting
from txsh.backends.live.export import SOCKET_FILE
from txsh.backends.live.process import new_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from txsh.backends.live.address import Address

GREETING_SECONDS = 1.2
"""A QEMU greets at once, unless another client is connected."""

_LEAVE_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_HUMAN_MONITOR = "human-monitor-command"


class AttachedBackend(LiveBackend):
    """A QEMU of somebody else: `Backend`.

    Attributes:
        folder: where images of the run are.
        leaves_images: whether they are still in use there, so that the folder has to stay.
    """

    def __init__(self, name: str, address: Address, connection: Connection, host: AttachedHost, folder: Path) -> None:
        super().__init__(name, "qsd", connection, host)
        self._address = address
        self._attached_host = host
        self.folder = folder
        self.leaves_images = False

    def warn_by(self, warn: Callable[[str], None]) -> None:
        """Say who is told, once, of what cannot be seen."""
        self._attached_host.warn = warn

    async def clear_exports(self) -> None:
        """Take away what guest I/O has left in QEMU.

        Raises:
            BackendLost: it is gone.
        """
        await self._attached_host.leave()

    async def look(self) -> None:
        """Find out which program it is.

        Raises:
            BackendLost: it does not answer.
            CommandFailed: it does not say.
        """
        commands = await self.send("query-commands", {}, look=True)
        # Source: qapi/misc.json; the storage daemon's schema does not include it (storage-daemon/qapi).
        if any(command["name"] == _HUMAN_MONITOR for command in commands):
            self.program = "qemu-system"
        self.version = self._connection.version

    async def is_gone(self) -> bool:
        """Whether nobody listens there any more, so that QEMU has ended; a process that dies takes a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GREETING_SECONDS):
                while True:
                    try:
                        channel = await connect(self._address, GREETING_SECONDS)
                    except HostUnable as failure:
                        return failure.name in ("connection-refused", "no-socket")
                    channel.close()
                    await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def close(self) -> None:
        """Take away what is ours, and hang up; may be called twice."""
        try:
            with suppress(BackendLost, TimeoutError):
                async with asyncio.timeout(_LEAVE_SECONDS):
                    await self.clear_exports()
        finally:
            await super().close()
            if not self.leaves_images:
                shutil.rmtree(self.folder, ignore_errors=True)


def _reason(loss: BackendLost) -> str:
    return loss.description.removeprefix("there is no QMP server: ")


async def attach(address: Address, name: str, *, time_limit_seconds: float = TIME_LIMIT_SECONDS) -> AttachedBackend:
    """Connect to a running QEMU.

    Args:
        name: how the user asked for it.
        time_limit_seconds: for each command and each guest request.

    Raises:
        HostUnable: nobody is there, it is occupied, or it is no QMP server; its name says which.
        BackendLost: it went away again at once.
    """

    async def explain() -> str | None:
        return None

    channel = await connect(address, GREETING_SECONDS)
    folder: Path | None = None
    try:
        connection = Connection(explain, time_limit_seconds=time_limit_seconds)
        try:
            await connection.open(channel, greeting_seconds=GREETING_SECONDS)
        except NoGreeting as silence:
            raise occupied(address) from silence
        except BackendLost as loss:
            if isinstance(loss.__cause__, TimeoutError):
                raise HostUnable("no-answer", f"{address}: {loss.description}", "it hangs, or is stopped") from loss
            advice = "QEMU serves it with -qmp or with -mon mode=control"
            raise HostUnable("not-qmp", f"{address} is no QMP monitor: {_reason(loss)}", advice) from loss
        folder = new_folder(SOCKET_FILE)
        host = AttachedHost(connection, folder, time_limit_seconds, is_local=address.is_local)
        backend = AttachedBackend(name, address, connection, host, folder)
    except BaseException:
        channel.close()
        if folder is not None:
            folder.rmdir()
        raise
    try:
        await backend.look()
    except CommandFailed as failure:
        await backend.close()
        text = f"{address} is no QEMU's monitor: {failure.description}"
        raise HostUnable("not-qmp", text) from failure
    except BaseException:
        await backend.close()
        raise
    return backend
