"""A connected client: its session, and what was said to it that it has not read yet.

As much as comes is kept, as QEMU does it: a client that does not read stops nothing.
"""

from __future__ import annotations

from contextlib import suppress

from txsh.backends.sim.monitor.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from txsh.backends.sim.backend import SimBackend

_PACKET_BYTES = 1 << 16
_UNSENT_BYTES = 1 << 18
"""From so much on replies are sent before the rest of a packet's commands are run."""
_FAREWELL_SECONDS = 1.0
"""How long the last words may take to a client that does not read."""


class Client:
    """One client.

    Args:
        connection: accepted.
        backend: the model QEMU.
        started_us: see `Session`.
    """

    __slots__ = ("_unsent", "connection", "session")

    def __init__(self, connection: socket.socket, backend: SimBackend, started_us: int) -> None:
        connection.setblocking(False)
        self.connection = connection
        self._unsent = bytearray()
        self.session = Session(backend, self._keep, started_us)

    def attend(self) -> bool:
        """Take what has come; False when the client has nothing more to say, or is gone.

        Raises:
            BackendLost: QEMU would crash or hang of it.
        """
        try:
            data = self.connection.recv(_PACKET_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.session.feed(data)
        return bool(data)

    def flush(self) -> bool:
        """Send as much as the connection takes; False when something is left.

        Raises:
            OSError: the client is gone.
        """
        while self._unsent:
            try:
                sent = self.connection.send(self._unsent)
            except BlockingIOError:
                return False
            del self._unsent[:sent]
        return True

    def say_farewell(self) -> None:
        """Send what is left, and wait for it a moment."""
        self.connection.settimeout(_FAREWELL_SECONDS)
        try:
            self.connection.sendall(self._unsent)
        except OSError:
            return  # nobody listens

    def _keep(self, text: str) -> None:
        self._unsent += text.encode("ascii")
        if len(self._unsent) > _UNSENT_BYTES:
            with suppress(OSError):  # who is gone is noticed when it is listened to
                self.flush()
