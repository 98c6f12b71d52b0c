"""The simulator at the far end of its monitor's socket, talked to by qemu.qmp: a backend for plans, clock by hand.

Only QMP goes over the socket. What QMP cannot do, the `Host`, is the model's own: nobody listens at its NBD server.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.live.connection import Connection
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.monitor.server import Server
from txsh.model.event import Event, QmpError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from txsh.backends.base import Observer

_PACKET_BYTES = 1 << 20


class ServedBackend:
    """One served model; `async with` opens and closes it.

    Between two turns of the server nothing moves, and time goes on in `next_event` alone: a plan that depends on no
    clock must come to the same as in process, event by event.
    """

    def __init__(self, version: tuple[int, int], program: str = "qemu-system") -> None:
        self.model = SimBackend(version, program)
        self.name = self.model.name
        self.version = version
        self.program = program
        self.host = self.model.host
        self.observer: Observer | None = None
        self._connection = Connection(self._explain)
        self._sockets = ExitStack()
        self._passed = 0
        self._taken = 0
        self._lost: BackendLost | None = None

    async def __aenter__(self) -> Self:
        with ExitStack() as stack:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            self._near = stack.enter_context(socket.socket(socket.AF_UNIX))
            bell, rope = socket.socketpair()
            self._far, client = socket.socketpair()
            for each in (bell, rope, self._far):
                stack.enter_context(each)
            listener.bind("")  # in the abstract name space, where the kernel chooses a name
            listener.listen(1)
            zero_us = self.model.now_us()
            self._server = Server(self.model, listener, bell, lambda: (self.model.now_us() - zero_us) * 1000)
            stack.callback(self._server.close)
            self._near.connect(listener.getsockname())
            self._near.setblocking(False)
            self._far.setblocking(False)
            opening = asyncio.create_task(self._connection.open(client))
            while not opening.done():
                await self._turn()
            await opening
            self._sockets = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        self._sockets.close()

    async def execute(self, command: str, arguments: Mapping[str, Any], *, look: bool = False) -> Any:
        """Send a command and let the server have its turns until the reply is there.

        Raises:
            CommandFailed: it was refused.
            BackendLost: the model is gone.
        """
        if self._lost is not None:
            raise self._lost
        asking = asyncio.create_task(self._connection.execute(command, arguments))
        while not asking.done():
            await self._turn()
        try:
            reply: Any = asking.result()
        except CommandFailed as failure:
            self._tell(command, arguments, QmpError(failure.error_class, failure.description), look=look)
            raise
        except BackendLost:
            assert self._lost is not None
            raise BackendLost(self._lost.description, None if look else command) from None
        self._tell(command, arguments, reply, look=look)
        return reply

    async def next_event(self, deadline_us: int | None) -> Event | None:
        """The next event; turns the clock up to the deadline if it must.

        Raises:
            BackendLost: the model is gone.
        """
        loop = self.model.world.loop
        while True:
            await self._turn()
            while self._taken < self._passed:
                event = await self._connection.next_event(self._connection.now_us())
                if event is not None:
                    self._taken += 1
                    return event._replace(time_us=self.now_us())
            if self._lost is not None:
                raise self._lost
            time_us = loop.next_time_us()
            if time_us is None or (deadline_us is not None and time_us > deadline_us):
                loop.now_us = max(loop.now_us, deadline_us or 0)
                return None
            loop.now_us = time_us

    def now_us(self) -> int:
        """The clock of the model."""
        return self.model.now_us()

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()

    async def _turn(self) -> None:
        """One turn of the server, what was said carried both ways, and the client's tasks woken for it."""
        await asyncio.sleep(0)
        if self._lost is None:
            _carry(self._far, self._near)
            loop = self.model.world.loop
            loop.call_at(loop.now_us, lambda: None)  # so that the server does not wait for somebody to say something
            try:
                self._server.turn()
            except BackendLost as lost:
                self._lost = lost
                self._server.close()
            self._passed += _carry(self._near, self._far).count(b'"event": "')
            if self._lost is not None:
                self._far.close()
        await asyncio.sleep(0)

    def _tell(self, command: str, arguments: Mapping[str, Any], reply: Any, *, look: bool) -> None:
        if self.observer is not None:
            self.observer(command, arguments, reply, look)

    async def _explain(self) -> str | None:
        return None if self._lost is None else self._lost.description


def _carry(source: socket.socket, target: socket.socket) -> bytes:
    try:
        data = source.recv(_PACKET_BYTES)
    except BlockingIOError:
        return b""
    target.setblocking(True)
    target.sendall(data)
    target.setblocking(False)
    return data
