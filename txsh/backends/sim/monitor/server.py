"""Serves the model QEMU on a listening socket: one client after the other, virtual time kept level with the wall clock.

Knows nothing of JSON or commands. A second client is not accepted before the first has gone, as with QEMU's own
sockets. No event loop but `selectors`: asyncio would double what a command costs.
"""

from __future__ import annotations

import selectors
import time

from txsh.backends.sim.monitor.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from txsh.backends.sim.backend import SimBackend

_PACKET_BYTES = 1 << 16
_MOMENTS_MAX = 2000
"""After so many moments of virtual time the clients have their turn again."""
_FAREWELL_SECONDS = 1.0
"""How long the last words may take to a client that does not read."""
_SECOND_US = 1_000_000


class Server:
    """One simulated process with its monitor socket.

    Args:
        backend: the model QEMU.
        listener: listening; stays open.
        wake: readable when the server has to end.
    """

    def __init__(self, backend: SimBackend, listener: socket.socket, wake: socket.socket) -> None:
        self._backend = backend
        self._listener = listener
        self._wake = wake
        self._selector = selectors.DefaultSelector()
        self._started_us = time.time_ns() // 1000
        self._zero_ns = time.monotonic_ns()
        self._client: Client | None = None
        listener.setblocking(False)
        self._selector.register(wake, selectors.EVENT_READ)
        self._selector.register(listener, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until the model has quit or `wake` is readable.

        Raises:
            BackendLost: the model has crashed, or hangs; the client was left as a real process leaves it.
        """
        try:
            while not self._backend.world.quitting:
                ready = {key.fileobj: events for key, events in self._selector.select(self._patience_seconds())}
                if self._wake in ready:
                    return
                self._let_time_pass()
                if self._listener in ready:
                    self._accept()
                elif self._client is not None and self._client.connection in ready:
                    self._attend(self._client, ready[self._client.connection])
        finally:
            self._selector.close()

    def stay_mute(self) -> None:
        """Leave everybody without an answer, as a process that hangs, until `wake` is readable."""
        if self._client is not None:
            self._client.say_farewell()
        self._wake.setblocking(True)
        self._wake.recv(1)

    def close(self) -> None:
        """Give the client its last words and hang up."""
        if self._client is not None:
            self._client.say_farewell()
            self._client.connection.close()
            self._client = None

    def _patience_seconds(self) -> float | None:
        """How long nothing happens by itself; None: for ever."""
        time_us = self._backend.world.loop.next_time_us()
        return None if time_us is None else max(time_us - self._wall_us(), 0) / _SECOND_US

    def _wall_us(self) -> int:
        return (time.monotonic_ns() - self._zero_ns) // 1000

    def _let_time_pass(self) -> None:
        loop = self._backend.world.loop
        now_us = self._wall_us()
        # A command that waited in virtual time got ahead of the wall clock: they go on together from there.
        self._zero_ns -= max(loop.now_us - now_us, 0) * 1000
        for _ in range(_MOMENTS_MAX):
            loop.run_ready()
            if not loop.advance(now_us):
                loop.now_us = max(loop.now_us, now_us)
                break
        if self._client is not None:
            self._client.session.tell_events()
            self._flush(self._client)
        else:
            self._backend.world.events.clear()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it has changed its mind
        connection.setblocking(False)
        self._selector.unregister(self._listener)
        self._selector.register(connection, selectors.EVENT_READ)
        self._client = Client(connection, self._backend, self._started_us)
        self._flush(self._client)

    def _attend(self, client: Client, events: int) -> None:
        try:
            data = client.connection.recv(_PACKET_BYTES) if events & selectors.EVENT_READ else None
        except BlockingIOError:
            data = None
        except OSError:
            data = b""
        if data:
            client.session.feed(data)
        if data == b"":
            self._hang_up(client)
        else:
            self._flush(client)

    def _flush(self, client: Client) -> None:
        try:
            client.flush()
        except OSError:
            self._hang_up(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unsent else 0)
        if self._selector.get_key(client.connection).events != wanted:
            self._selector.modify(client.connection, wanted)

    def _hang_up(self, client: Client) -> None:
        """Whoever waits is next."""
        self._selector.unregister(client.connection)
        client.connection.close()
        self._client = None
        self._selector.register(self._listener, selectors.EVENT_READ)


class Client:
    """A connected client: its session, and what it has not read yet."""

    __slots__ = ("connection", "session", "unsent")

    def __init__(self, connection: socket.socket, backend: SimBackend, started_us: int) -> None:
        self.connection = connection
        self.unsent = bytearray()
        self.session = Session(backend, self._keep, started_us)

    def flush(self) -> None:
        """Send as much as the connection takes.

        Raises:
            OSError: the client is gone.
        """
        while self.unsent:
            try:
                sent = self.connection.send(self.unsent)
            except BlockingIOError:
                return
            del self.unsent[:sent]

    def say_farewell(self) -> None:
        """Send what is left, and wait for it a moment."""
        self.connection.settimeout(_FAREWELL_SECONDS)
        try:
            self.connection.sendall(self.unsent)
        except OSError:
            return  # nobody listens

    def _keep(self, text: str) -> None:
        self.unsent += text.encode("ascii")
