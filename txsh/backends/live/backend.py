"""A real QEMU as a backend, whoever started it. Knows how none of it is done: QMP is `Connection`'s."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.live.shape import misfit_of_event, misfit_of_reply
from txsh.model.event import QmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from txsh.backends.base import Observer
    from txsh.backends.live.connection import Connection
    from txsh.backends.live.host import LiveHost
    from txsh.backends.live.process import Process
    from txsh.model.event import Event


class LiveBackend:
    """A QEMU behind a connection: `Backend`.

    Attributes:
        host: what QMP cannot do.
        version: of this QEMU.
    """

    def __init__(self, name: str, program: str, connection: Connection, host: LiveHost) -> None:
        self.name = name
        self.program = program
        self.version = connection.version
        self.observer: Observer | None = None
        self.host = host
        self._connection = connection
        host.attach(self)

    async def execute(self, command: str, arguments: Mapping[str, Any], *, look: bool = False) -> Any:
        """Send one command and return its ``return`` value.

        Raises:
            CommandFailed: QEMU answered with an error.
            BackendLost: QEMU is gone or did not answer in time.
        """
        await self.host.make_way(command, arguments)
        return await self.send(command, arguments, look=look)

    async def send(self, command: str, arguments: Mapping[str, Any], *, look: bool) -> Any:
        """The same, for the host's own commands: none of its exports has to go for them."""
        try:
            value = await self._connection.execute(command, arguments)
        except CommandFailed as failure:
            if self.observer is not None:
                self.observer(command, arguments, QmpError(failure.error_class, failure.description), look)
            raise
        except BackendLost as loss:
            if look:
                # It would have changed nothing, so nothing about it is unknown.
                raise BackendLost(loss.description) from loss.__cause__
            raise
        self._check(f"the reply to {command}", misfit_of_reply(command, value))
        if self.observer is not None:
            self.observer(command, arguments, value, look)
        return value

    async def next_event(self, deadline_us: int | None) -> Event | None:
        """The next event, in QEMU's order; None when the deadline on the clock of `now_us` comes first.

        Raises:
            BackendLost: QEMU is gone.
        """
        event = await self._connection.next_event(deadline_us)
        if event is not None:
            self._check(f"the event {event.name}", misfit_of_event(event.name, event.data))
        return event

    def _check(self, what: str, misfit: str | None) -> None:
        """Give a peer up that says what no QEMU says."""
        if misfit is not None:
            self._connection.lose(f"what answers there is no QEMU that txsh can read: in {what}, {misfit}")
            self._connection.check()

    def now_us(self) -> int:
        """Microseconds since the launch, or since it was attached to."""
        return self._connection.now_us()

    async def close(self) -> None:
        """Hang up; may be called twice, and while another task is cancelled."""
        self._connection.lose("the connection is closed")
        self.host.close()
        await self._connection.close()


class LaunchedBackend(LiveBackend):
    """A QEMU of our own, which ends with the run.

    Attributes:
        process: it.
    """

    def __init__(self, name: str, program: str, connection: Connection, host: LiveHost, process: Process) -> None:
        super().__init__(name, program, connection, host)
        self.process = process

    @property
    def folder(self) -> Path:
        """The private folder of the process."""
        return self.process.folder

    @property
    def pid(self) -> int:
        """The id of the process, for a debugger."""
        return self.process.pid

    @property
    def errors(self) -> str:
        """The last of what QEMU wrote to its standard error, also when it is gone."""
        return self.process.errors

    async def close(self) -> None:
        """End QEMU and remove its folder; may be called twice, and while another task is cancelled."""
        self._connection.lose("the connection is closed")
        self.host.close()
        # First: a QEMU that hangs would never take a goodbye.
        await self.process.close()
        await self._connection.close()
