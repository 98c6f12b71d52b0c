"""A served simulator as the target of a replay: the same model behind the monitor's socket, with a clock of ours."""

from __future__ import annotations

import json
import socket
from collections import deque
from typing import Any

from tests.replay.simulator import SimulatedTarget
from txsh.backends.base import BackendLost
from txsh.backends.sim.monitor.server import Server


class ServedTarget(SimulatedTarget):
    """A model QEMU, to which everything is said as bytes."""

    def __init__(self, version: tuple[int, int]) -> None:
        super().__init__(version)
        self._now_us = 0
        self._events: deque[dict[str, Any]] = deque()
        self._open: list[socket.socket] = []
        self._server: Server | None = None
        self._text = b""

    def start(self, program: str, arguments: list[str]) -> None:
        """Start the model and be greeted by it."""
        super().start(program, arguments)
        self._hang_up()
        self._events.clear()
        self._now_us = self.backend.now_us()
        listener, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        bell, rope = socket.socketpair()
        self._open = [listener, client, bell, rope]
        listener.bind("")  # in the abstract name space, where the kernel chooses a name
        listener.listen(1)
        start_us = self._now_us
        self._server = Server(self.backend, listener, bell, lambda: (self._now_us - start_us) * 1000)
        client.connect(listener.getsockname())
        client.setblocking(False)
        self._client = client
        assert self._reply() is not None
        assert self.execute({"execute": "qmp_capabilities"}) == {"return": {}}

    def execute(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send one command and give the server its turns until the reply comes."""
        self._client.sendall(json.dumps(message).encode())
        return self._reply()

    def next_event(self, seconds: float) -> dict[str, Any] | None:
        """Turn the clock until an event comes."""
        if self._server is None:
            return self._events.popleft() if self._events else None
        deadline_us = self._now_us + int(seconds * 1_000_000)
        loop = self.backend.world.loop
        loop.call_at(deadline_us, lambda: None)
        while not self._events and self._now_us < deadline_us:
            next_us = loop.next_time_us()
            assert next_us is not None
            self._now_us = max(self._now_us, min(next_us, deadline_us))
            if self._turn() is not None:
                return None
        return self._events.popleft() if self._events else None

    def clock(self) -> float:
        """The clock that is turned by hand."""
        return self._now_us / 1_000_000

    def close(self) -> None:
        """Hang up."""
        self._hang_up()
        super().close()

    def _reply(self) -> dict[str, Any] | None:
        try:
            while (reply := self._turn()) is None:
                pass
        except BackendLost:
            self._read()
            self._hang_up()
            return None
        return reply

    def _turn(self) -> dict[str, Any] | None:
        """One turn of the server; a reply if one was said, while events are kept."""
        assert self._server is not None
        try:
            self._server.turn()
        except BackendLost:
            self._server.close()  # with its last words
            raise
        # What waited inside a command took time that the clock has to make up for.
        self._now_us = max(self._now_us, self.backend.now_us())
        return self._read()

    def _read(self) -> dict[str, Any] | None:
        try:
            while packet := self._client.recv(1 << 20):
                self._text += packet
        except BlockingIOError:
            pass
        *lines, self._text = self._text.split(b"\r\n")
        found = None
        for line in lines:
            value = json.loads(line)
            if "event" in value:
                self._events.append({"event": value["event"], "data": value.get("data", {})})
            else:
                found = value
        return found

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for each in self._open:
            each.close()
        self._open = []
