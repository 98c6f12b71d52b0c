"""Serves the model QEMU on a listening socket: one client after the other, virtual time kept level with the wall clock.

Knows nothing of JSON or commands. A second client is not accepted before the first has gone, as with QEMU's own
sockets. No event loop but `selectors`: asyncio would double what a command costs.
"""

from __future__ import annotations

import time
from selectors import EVENT_READ, EVENT_WRITE, SelectSelector

from txsh.backends.sim.monitor.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from txsh.backends.sim.backend import SimBackend

_MOMENTS_MAX = 2000
_TURN_NS = 20_000_000
"""After so many moments of virtual time, or so long, the clients have their turn again."""
_SECOND_US = 1_000_000


class Server:
    """One simulated process with its monitor socket.

    Args:
        backend: the model QEMU.
        listener: listening; stays open.
        wake: readable when the server has to end.
        clock_ns: a clock that only goes forward, in nanoseconds.
    """

    def __init__(
        self,
        backend: SimBackend,
        listener: socket.socket,
        wake: socket.socket,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._clock_ns = clock_ns
        self._backend = backend
        self._listener = listener
        self._wake = wake
        # The others count in whole milliseconds, and a job of the model waits for less.
        self._selector = SelectSelector()
        self._started_us = time.time_ns() // 1000
        self._zero_ns = clock_ns()
        self._client: Client | None = None
        self._is_behind = False
        listener.setblocking(False)
        self._selector.register(wake, EVENT_READ)
        self._selector.register(listener, EVENT_READ)

    def run(self) -> None:
        """Serve until the model has quit or `wake` is readable.

        Raises:
            BackendLost: the model has crashed, or hangs.
        """
        world = self._backend.world
        while not world.quitting and self.turn():
            pass

    def turn(self) -> bool:
        """Wait for a client or for the next moment of virtual time, and do what there is; False after `wake`.

        Raises:
            BackendLost: as `run`.
        """
        ready = self._selector.select(self._patience_seconds())
        self._let_time_pass()
        for key, events in ready:
            if key.fileobj is self._wake:
                self._announce_end()
                return False
            if key.fileobj is self._listener:
                self._accept()
            elif self._client is not None and events & EVENT_READ and not self._client.attend():
                self._hang_up()
        self._flush()
        return True

    def halt(self) -> None:
        """Run no further command of those that have come; for a signal, which makes `wake` readable as well."""
        if self._client is not None:
            self._client.session.halted = True

    def close(self) -> None:
        """Give the client its last words and hang up."""
        self._selector.close()
        if self._client is not None:
            self._client.say_farewell()
            self._client.connection.close()
            self._client = None

    def stay_mute(self) -> None:
        """Leave everybody without an answer, as a process that hangs, until `wake` is readable."""
        if self._client is not None:
            self._client.say_farewell()
        self._wake.setblocking(True)
        self._wake.recv(1)

    def _patience_seconds(self) -> float | None:
        """How long nothing happens by itself; None: for ever."""
        time_us = self._backend.world.loop.next_time_us()
        return None if time_us is None else max(time_us - self._wall_us(), 0) / _SECOND_US

    def _wall_us(self) -> int:
        return (self._clock_ns() - self._zero_ns) // 1000

    def _let_time_pass(self) -> None:
        loop = self._backend.world.loop
        now_us = self._wall_us()
        if loop.now_us > now_us:
            # A command that waited in virtual time got ahead of the wall clock: they go on together from there.
            self._zero_ns -= (loop.now_us - now_us) * 1000
            return
        end_ns = self._clock_ns() + _TURN_NS
        loop.run_ready()
        for _ in range(_MOMENTS_MAX):
            if not loop.advance(now_us):
                # What waited inside a request may have got ahead, too: time never goes back.
                loop.now_us = max(loop.now_us, now_us)
                break
            # All of a moment, or what is ready would wait for an appointment that may never come.
            loop.run_ready()
            if self._clock_ns() > end_ns:
                break
        if self._client is not None:
            self._client.session.tell_events()
        else:
            self._backend.world.events.clear()

    def _announce_end(self) -> None:
        """Say what QEMU says when a signal ends it; only qemu-system does."""
        world = self._backend.world
        if world.program == "qemu-system" and self._client is not None:
            world.emit("SHUTDOWN", {"guest": False, "reason": "host-signal"})
            self._client.session.tell_events()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it has changed its mind
        self._client = Client(connection, self._backend, self._started_us)
        self._is_behind = False
        self._selector.unregister(self._listener)
        self._selector.register(connection, EVENT_READ)

    def _flush(self) -> None:
        client = self._client
        if client is None:
            return
        try:
            is_behind = not client.flush()
        except OSError:
            self._hang_up()
            return
        if is_behind != self._is_behind:
            self._is_behind = is_behind
            self._selector.modify(client.connection, EVENT_READ | EVENT_WRITE if is_behind else EVENT_READ)

    def _hang_up(self) -> None:
        """Whoever waits is next."""
        client, self._client = self._client, None
        assert client is not None
        self._selector.unregister(client.connection)
        client.connection.close()
        self._selector.register(self._listener, EVENT_READ)
