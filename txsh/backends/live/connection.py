"""One QMP connection: commands with a time limit, events with their time of arrival, and what to say when it is lost.

Over qemu.qmp. Knows neither who started the QEMU at the other end nor what any command means.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress

from qemu.qmp import EventListener, ExecuteError, Message, QMPClient, QMPError, Runstate
from qemu.qmp.message import DeserializationError

from txsh.backends.base import BackendLost, CommandFailed
from txsh.model.event import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from qemu.qmp.models import Greeting

TIME_LIMIT_SECONDS = 60.0
"""How long an answer may take before QEMU counts as hung."""

_SAID_BYTES_MAX = 60
LINE_BYTES_MAX = 64 * 1024 * 1024
"""The longest reply: 10,000 bitmaps take 2 MiB."""

_LOGGER = logging.getLogger("txsh.qmp")
# What goes wrong is raised; qemu.qmp would say it on standard error as well.
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


class _Client(QMPClient):
    """QMPClient with short ids, since QEMU reads requests one byte at a time, and without a log of every message.

    The library would print each for its log, indented, whether somebody reads that or not: half of its own time.
    """

    logger = _LOGGER

    def _get_exec_id(self) -> str:
        self._execute_id += 1
        return str(self._execute_id)

    def _cb_outbound(self, msg: Message) -> Message:
        return msg

    def _cb_inbound(self, msg: Message) -> Message:
        return msg

    async def _do_recv(self) -> Message:
        """Call everything that Python's JSON does not take what the library calls it; it knows of one error only."""
        line = await self._readline()
        try:
            return Message(line, eager=True)
        except (ValueError, RecursionError) as error:
            raise DeserializationError("Failed to deserialize QMP message.", line) from error

    async def _get_greeting(self) -> Greeting:
        """Hide the capabilities: the library would enable ``oob``, which nobody asked for."""
        greeting = await super()._get_greeting()
        greeting.QMP.capabilities = []
        return greeting


class NoGreeting(BackendLost):
    """Somebody takes the connection and says nothing."""


class _Arrivals(EventListener):
    """Gives every event to a function as it comes; keeps none."""

    def __init__(self, take: Callable[[str, Mapping[str, Any]], None]) -> None:
        super().__init__()
        self._take = take

    def accept(self, event: Message) -> bool:
        """Take the event; it is never queued here."""
        data = event.get("data", {})
        self._take(str(event["event"]), data if isinstance(data, dict) else {})
        return False


class Connection:
    """A QMP session.

    Attributes:
        version: of the QEMU at the other end; (0, 0) until `open`.
    """

    def __init__(
        self, explain: Callable[[], Awaitable[str | None]], *, time_limit_seconds: float = TIME_LIMIT_SECONDS
    ) -> None:
        """Make one that is not open yet.

        Args:
            explain: asked when the connection breaks: why QEMU is gone, None when that is not known.
            time_limit_seconds: for every command, and for the greeting.
        """
        self.version = (0, 0)
        self._explain = explain
        self._time_limit_seconds = time_limit_seconds
        self._client = _Client("txsh", readbuflen=LINE_BYTES_MAX)
        self._started_ns = time.monotonic_ns()
        self._events: deque[Event] = deque()
        self._changed = asyncio.Event()
        self._lost: BackendLost | None = None
        self._watching: asyncio.Task[None] | None = None
        self._disconnecting = asyncio.Lock()
        self._waiting_for: dict[str, asyncio.Event] = {}

    def now_us(self) -> int:
        """Microseconds since this object was made."""
        return (time.monotonic_ns() - self._started_ns) // 1000

    async def open(self, address: socket.socket | str, *, greeting_seconds: float | None = None) -> None:
        """Take the greeting and negotiate.

        Args:
            greeting_seconds: how long that may take; None: as long as an answer.

        Raises:
            NoGreeting: nobody says anything there.
            BackendLost: nobody answers there, or not as a QMP server does.
        """
        self._client.register_listener(_Arrivals(self._take))
        limit_seconds = self._time_limit_seconds if greeting_seconds is None else greeting_seconds
        try:
            async with asyncio.timeout(limit_seconds):
                await self._client.connect(address)
        except TimeoutError as error:
            if self._client.greeting is not None:
                raise BackendLost(f"QEMU greeted, and then did not answer within {limit_seconds:g} s") from error
            raise NoGreeting(f"no QMP greeting came within {limit_seconds:g} s") from error
        except (QMPError, AssertionError, ValueError) as error:
            # qemu.qmp asserts that nobody hangs up right after the negotiation, and lets what is no text through.
            await self._disconnect()
            raise BackendLost(await self._explain() or f"there is no QMP server: {_misfit(error)}") from error
        greeting = self._client.greeting
        assert greeting is not None
        try:
            number = greeting.QMP.version["qemu"]
            assert isinstance(number, dict)
            self.version = (int(number["major"]), int(number["minor"]))
        except (KeyError, TypeError, ValueError, AssertionError) as error:
            await self.close()
            raise BackendLost("the QMP greeting names no QEMU version") from error
        self._watching = asyncio.create_task(self._watch())

    async def execute(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Send one command and return its ``return`` value.

        Raises:
            CommandFailed: QEMU answered with an error.
            BackendLost: QEMU is gone, answers nonsense, or did not answer in time; from then on always.
        """
        self.check()
        try:
            async with asyncio.timeout(self._time_limit_seconds):
                return await self._client.execute(command, arguments or None)
        except ExecuteError as error:
            raise CommandFailed(error.error_class, error.error.error.desc) from None
        except TimeoutError as error:
            self.lose(f"QEMU did not answer within {self._time_limit_seconds:g} s", error)
        except QMPError as error:
            await self._settle(error)
        assert self._lost is not None
        raise BackendLost(self._lost.description, command) from self._lost.__cause__

    async def next_event(self, deadline_us: int | None) -> Event | None:
        """The next event in QEMU's order; None when the deadline comes first.

        Raises:
            BackendLost: there is no event left and QEMU is gone.
        """
        while not self._events:
            self.check()
            wait_us = None if deadline_us is None else deadline_us - self.now_us()
            if wait_us is not None and wait_us <= 0:
                # Bytes that have arrived are events only once the reader has had its turn.
                await asyncio.sleep(0)
                if not self._events:
                    return None
                break
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if wait_us is None else wait_us / 1_000_000):
                    await self._changed.wait()
        return self._events.popleft()

    def check(self) -> None:
        """Raise BackendLost when the connection is lost."""
        if self._lost is not None:
            raise BackendLost(self._lost.description) from self._lost.__cause__

    def lose(self, description: str, cause: BaseException | None = None) -> None:
        """Count QEMU as gone from now on; the first reason stands."""
        if self._lost is None:
            self._lost = BackendLost(description)
            self._lost.__cause__ = cause
            self._changed.set()
            for waiting in self._waiting_for.values():
                waiting.set()

    async def export_deleted(self, export_id: str) -> None:
        """Wait until the event BLOCK_EXPORT_DELETED has come for an export.

        Call `expect_deletion` before the command that deletes it.

        Raises:
            BackendLost: QEMU is gone, or the event did not come in time.
        """
        waiting = self._waiting_for[export_id]
        try:
            async with asyncio.timeout(self._time_limit_seconds):
                await waiting.wait()
        except TimeoutError as error:
            self.lose(f"QEMU did not give an NBD export up within {self._time_limit_seconds:g} s", error)
        finally:
            self._waiting_for.pop(export_id, None)
        self.check()

    def expect_deletion(self, export_id: str) -> None:
        """Remember from now on whether an export's end is announced."""
        self._waiting_for[export_id] = asyncio.Event()

    def forget_deletion(self, export_id: str) -> None:
        """The export will not be deleted after all."""
        self._waiting_for.pop(export_id, None)

    async def confirm(self, unknown: str | None) -> None:
        """Something else that QEMU served broke off: raise when QEMU is gone, return when it is not.

        Raises:
            BackendLost: QEMU is gone; `unknown` is what it did not answer, None when that changes nothing.
        """
        if self._lost is None and await self._explain() is not None:
            assert self._watching is not None
            await asyncio.wait((self._watching,))
        if self._lost is not None:
            raise BackendLost(self._lost.description, unknown) from self._lost.__cause__

    async def close(self) -> None:
        """End the session; may be called twice, and after a loss. QEMU should be gone by now."""
        self.lose("the connection is closed")
        await self._disconnect()
        if self._watching is not None:
            await asyncio.wait((self._watching,))

    def _take(self, name: str, data: Mapping[str, Any]) -> None:
        self._events.append(Event(self.now_us(), name, data))
        self._changed.set()
        if name == "BLOCK_EXPORT_DELETED" and (waiting := self._waiting_for.get(str(data.get("id")))):
            waiting.set()

    async def _watch(self) -> None:
        """Notice the end of the session also while no command is open."""
        while self._client.runstate == Runstate.RUNNING:
            await self._client.runstate_changed()
        await self._settle(None)

    async def _settle(self, error: BaseException | None) -> None:
        """Find out why the session ended, once."""
        cause = await self._disconnect() or error
        if self._lost is None:
            self.lose(await self._explain() or _broken(cause), cause)

    async def _disconnect(self) -> BaseException | None:
        """Bring the client to rest; returns what ended it, None when we did or somebody knows already."""
        async with self._disconnecting:
            if self._client.runstate == Runstate.IDLE:
                return None
            try:
                await self._client.disconnect()
            except (EOFError, OSError, QMPError) as error:
                return error
            return None


def _misfit(error: BaseException) -> str:
    """How somebody behaves who is no QMP server."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (EOFError, ConnectionError)):
            return "it hangs up"
        if isinstance(cause, DeserializationError):
            said = cause.raw[:_SAID_BYTES_MAX].strip()
            return "it prints messages in many lines (pretty=on)" if said == b"{" else f"it says {_quoted(said)}"
        cause = cause.__cause__
    return _first_line(error).removeprefix("Failed to establish session: ").removesuffix(": ")


def _quoted(said: bytes) -> str:
    return repr(said.decode(errors="replace"))


def _broken(cause: BaseException | None) -> str:
    cut = isinstance(cause, DeserializationError) and not cause.raw.endswith(b"\n")
    if cut or cause is None or isinstance(cause, (EOFError, OSError)):
        return "QEMU closed the QMP connection"
    what = _quoted(cause.raw[:_SAID_BYTES_MAX]) if isinstance(cause, DeserializationError) else _first_line(cause)
    return f"QEMU sent what is no QMP: {what}"


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
