"""One client at the monitor: greeting, negotiation, commands and their replies, events.

Knows no socket: bytes come in by `feed`, texts go out by a function. What a command does is the model's.

Source: QEMU monitor/qmp.c, monitor/qmp-cmds-control.c, monitor/monitor.c.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.monitor.envelope import answer, read_request, refuse
from txsh.backends.sim.monitor.stream import Stream
from txsh.backends.sim.monitor.writer import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from txsh.backends.sim.backend import SimBackend
    from txsh.backends.sim.monitor.envelope import Request
    from txsh.backends.sim.monitor.stream import Message
    from txsh.model.event import Event

_NOT_FOUND = "CommandNotFound"
_NEGOTIATE = "qmp_capabilities"
_SECOND_US = 1_000_000


class Session:
    """A connection from its greeting to its end.

    Commands that are sent out of band run in the order of the text: QEMU runs them in a thread of their own, so that
    each order with commands before and behind them is one it may show.

    Attributes:
        halted: set from outside: no further command is run, be there more of them or not.

    Args:
        backend: the model QEMU; it outlives the session.
        send: takes each line to send, with its line end.
        started_us: wall clock at the virtual clock's zero, in microseconds since 1970.
    """

    __slots__ = ("_backend", "_negotiated", "_out_of_band", "_send", "_started_us", "_stream", "halted")

    def __init__(self, backend: SimBackend, send: Callable[[str], None], started_us: int) -> None:
        self._backend = backend
        self._send = send
        self._started_us = started_us
        self._stream = Stream(backend.world.profile.json)
        self._negotiated = False
        self._out_of_band = False
        self.halted = False
        version = backend.answer("query-version", {})
        self._say({"QMP": {"version": version, "capabilities": ["oob"]}})

    @property
    def over(self) -> bool:
        """Whether the process has quit or is being ended: nothing is read any more."""
        return self.halted or self._backend.world.quitting

    def feed(self, data: bytes) -> None:
        """Take bytes of the client and run the commands that they complete.

        Raises:
            BackendLost: QEMU would crash or hang.
        """
        for message in self._stream.feed(data):
            self._take(message)
            if self.over:
                break

    def tell_events(self) -> None:
        """Send what has happened; before the negotiation nobody is told, then or later."""
        events = self._backend.world.events
        if not events:
            return
        if self._negotiated:
            for event in events:
                self._send(self._event(event))
        events.clear()

    def _take(self, message: Message) -> None:
        if message.error is not None:
            self._say(refuse(None, CommandFailed("GenericError", message.error)))
            return
        request = None
        try:
            request = read_request(message.value, out_of_band_enabled=self._out_of_band)
            reply = answer(message.value, self._run(request))
        except CommandFailed as failure:
            reply = refuse(message.value, failure)
        except NotSimulated as missing:
            reply = refuse(message.value, CommandFailed("GenericError", str(missing)))
        except BackendLost:
            self.tell_events()
            raise
        self.tell_events()
        self._say(reply)
        if request is not None:
            self._backend.go_on(request.command)
            self.tell_events()

    def _run(self, request: Request) -> Any:
        if not self._negotiated and request.command != _NEGOTIATE:
            raise CommandFailed(_NOT_FOUND, f"Expecting capabilities negotiation with '{_NEGOTIATE}'")
        if request.out_of_band:
            self._check_out_of_band(request.command)
        if request.command == _NEGOTIATE and not self._negotiated:
            return self._negotiate(request)
        return self._backend.answer(request.command, request.arguments)

    def _check_out_of_band(self, command: str) -> None:
        from txsh.schema.table import table  # noqa: PLC0415  # it loads the schema

        found = table(self._backend.version, self._backend.program).command(command)
        if found is None:
            raise CommandFailed(_NOT_FOUND, f"The command {command} has not been found")
        if not found.oob:
            raise CommandFailed("GenericError", f"The command {command} does not support OOB")

    def _negotiate(self, request: Request) -> dict[str, Any]:
        from txsh.schema.visitor import refusal  # noqa: PLC0415  # it loads the schema

        backend = self._backend
        refused = refusal(backend.version, backend.program, request.command, request.arguments)
        if refused is not None:
            raise CommandFailed(refused.error_class, refused.description)
        self._negotiated = True
        self._out_of_band = "oob" in request.arguments.get("enable", ())
        return {}

    def _event(self, event: Event) -> str:
        """An event's line; its outer members stand in QEMU's order, which does not depend on the event."""
        seconds, microseconds = divmod(self._started_us + event.time_us, _SECOND_US)
        stamp = f'{{"seconds": {seconds}, "microseconds": {microseconds}}}'
        data = f', "data": {write(event.data)}' if event.data else ""
        return f'{{"timestamp": {stamp}, "event": "{event.name}"{data}}}\r\n'

    def _say(self, value: dict[str, Any]) -> None:
        self._send(write(value) + "\r\n")
