"""A QMP peer that does what no QEMU does, at the other end of a socket pair."""

from __future__ import annotations

import asyncio
import json
import socket
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.live import connection as connection_module
from txsh.backends.live.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

GREETING = {"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 22}, "package": ""}, "capabilities": []}}


class Peer:
    """The server's side, by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> dict[str, Any]:
        """Take one command."""
        decoder, text = json.JSONDecoder(), ""
        while True:
            text += (await self._reader.read(1)).decode()
            try:
                value, _ = decoder.raw_decode(text)
            except ValueError:
                continue
            assert isinstance(value, dict)
            return value

    def send(self, *messages: Any) -> None:
        """Send objects, or bytes as they are."""
        for message in messages:
            self._writer.write(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\r\n")

    async def negotiate(self) -> None:
        """Greet as a QEMU does."""
        self.send(GREETING)
        command = await self.receive()
        self.send({"return": {}, "id": command.get("id")} if "id" in command else {"return": {}})

    def hang_up(self) -> None:
        """Close the socket."""
        self._writer.close()


def play(
    serve: Callable[[Peer], Coroutine[Any, Any, None]],
    scenario: Callable[[Connection, socket.socket], Coroutine[Any, Any, None]],
    *,
    time_limit_seconds: float = 5,
) -> None:
    """Run both sides; the scenario opens the connection."""

    async def explain() -> str | None:
        return None

    async def run() -> None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=theirs)
        serving = asyncio.create_task(serve(Peer(reader, writer)))
        connection = Connection(explain, time_limit_seconds=time_limit_seconds)
        try:
            await scenario(connection, ours)
            await serving
        finally:
            serving.cancel()
            writer.close()
            await connection.close()
            ours.close()

    asyncio.run(run())


async def loses(connection: Connection, description: str) -> None:
    """The command that is open is unknown, and every later call says the same."""
    with pytest.raises(BackendLost) as caught:
        await connection.execute("query-jobs", {})
    assert caught.value.description == description
    assert caught.value.unknown == "query-jobs"
    with pytest.raises(BackendLost) as again:
        await connection.execute("query-jobs", {})
    assert (again.value.description, again.value.unknown) == (description, None)


def test_commands_are_short_and_answers_are_theirs() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        first = await peer.receive()
        assert len(first["id"]) <= 2
        assert first == {"execute": "query-jobs", "id": first["id"]}
        peer.send({"return": [1], "id": first["id"]})
        second = await peer.receive()
        assert second == {"execute": "job-cancel", "arguments": {"id": "j"}, "id": second["id"]}
        peer.send({"error": {"class": "GenericError", "desc": "Job not found"}, "id": second["id"]})

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        assert connection.version == (7, 2)
        assert await connection.execute("query-jobs", {}) == [1]
        with pytest.raises(CommandFailed) as caught:
            await connection.execute("job-cancel", {"id": "j"})
        assert (caught.value.error_class, caught.value.description) == ("GenericError", "Job not found")

    play(serve, scenario)


def test_events_before_a_reply_are_there_with_the_reply_and_in_order() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        command = await peer.receive()
        for name in "ABC":
            peer.send({"event": name, "data": {"id": "j"}, "timestamp": {"seconds": 1, "microseconds": 2}})
        peer.send({"return": {}, "id": command["id"]})

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        before_us = connection.now_us()
        await connection.execute("transaction", {"actions": []})
        events = [await connection.next_event(connection.now_us()) for _ in range(4)]
        assert [event and event.name for event in events] == ["A", "B", "C", None]
        assert events[0] is not None
        assert before_us <= events[0].time_us <= connection.now_us()
        assert events[0].data == {"id": "j"}

    play(serve, scenario)


def test_the_reply_to_somebody_elses_command_is_dropped() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        peer.send({"return": "not yours", "id": "left over"})
        command = await peer.receive()
        peer.send({"return": "yours", "id": command["id"]})

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        assert await connection.execute("query-jobs", {}) == "yours"

    play(serve, scenario)


def test_a_reply_of_megabytes_is_read() -> None:
    long = "x" * (8 << 20)

    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        command = await peer.receive()
        peer.send({"return": long, "id": command["id"]})

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        assert await connection.execute("query-named-block-nodes", {}) == long

    play(serve, scenario)


def test_a_peer_gone_in_mid_reply_leaves_the_command_unknown() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        await peer.receive()
        peer.send(b'{"return": [{"id"')
        peer.hang_up()

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        await loses(connection, "QEMU closed the QMP connection")

    play(serve, scenario)


@pytest.mark.parametrize(
    "answer", [b"no JSON at all\n", b"[1, 2]\n", b'{"neither": 1}\n', b'{"return": 1, "id": "1\n', b"\xff\xfe\n"]
)
def test_a_peer_that_sends_nonsense_is_given_up(answer: bytes) -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        await peer.receive()
        peer.send(answer)
        peer.hang_up()

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        with pytest.raises(BackendLost) as caught:
            await connection.execute("query-jobs", {})
        assert caught.value.unknown == "query-jobs"

    play(serve, scenario)


@pytest.mark.parametrize(
    "answer", [b"\xff\xfe" * 60, b'{"return": ' + b"9" * 5000 + b"}", b'{"return": ' + b"[" * 100_000]
)
def test_what_pythons_json_does_not_take_is_quoted_and_no_mistake_of_ours(answer: bytes) -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        await peer.receive()
        peer.send(answer + b"\n")

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        await loses(connection, f"QEMU sent what is no QMP: {answer.decode(errors='replace')[:60]!r}")

    play(serve, scenario)


def test_an_answer_with_neither_return_nor_error_is_given_up() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        command = await peer.receive()
        peer.send({"id": command["id"], "error": "not an object"})

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        with pytest.raises(BackendLost) as caught:
            await connection.execute("query-jobs", {})
        assert caught.value.unknown == "query-jobs"

    play(serve, scenario)


def test_a_silent_peer_is_given_up_after_the_time_limit() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        await peer.receive()

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        await loses(connection, "QEMU did not answer within 0.2 s")

    play(serve, scenario, time_limit_seconds=0.2)


def test_an_endless_line_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "LINE_BYTES_MAX", 1 << 20)

    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        await peer.receive()
        while True:
            peer.send(b"x" * (1 << 16))
            await asyncio.sleep(0)

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        with pytest.raises(BackendLost):
            await connection.execute("query-jobs", {})
        raise _SeenError

    with pytest.raises(_SeenError):
        play(serve, scenario)


@pytest.mark.parametrize(
    ("greeting", "description"),
    [
        (b"SSH-2.0-OpenSSH_9.2\n", "there is no QMP server*"),
        (b'{"QMP": {"version": {}, "capabilities": []}}\n', "the QMP greeting names no QEMU version"),
        (b"", "there is no QMP server*"),
    ],
)
def test_a_peer_that_is_no_qmp_server_is_told(greeting: bytes, description: str) -> None:
    async def serve(peer: Peer) -> None:
        peer.send(greeting)
        if b"version" in greeting:
            await peer.receive()
            peer.send({"return": {}})
        else:
            peer.hang_up()

    async def scenario(connection: Connection, end: socket.socket) -> None:
        with pytest.raises(BackendLost) as caught:
            await connection.open(end)
        assert fnmatch(caught.value.description, description)

    play(serve, scenario)


def test_nobody_is_waited_for_after_the_peer_has_gone() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        command = await peer.receive()
        peer.send({"return": {}, "id": command["id"]})
        peer.send({"event": "LAST", "timestamp": {"seconds": 1, "microseconds": 2}})
        peer.hang_up()

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        await connection.execute("quit", {})
        event = await connection.next_event(None)
        assert event is not None
        assert (event.name, event.data) == ("LAST", {})
        with pytest.raises(BackendLost, match="QEMU closed the QMP connection"):
            await connection.next_event(None)

    play(serve, scenario)


def test_a_peer_that_hangs_up_after_the_negotiation_is_no_mistake_of_ours() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        peer.hang_up()

    async def scenario(connection: Connection, end: socket.socket) -> None:
        async def open_and_ask() -> None:
            await connection.open(end)
            await connection.execute("query-jobs", {})

        with pytest.raises(BackendLost):
            await open_and_ask()

    play(serve, scenario)


class _SeenError(Exception):
    """The scenario came to its end while the peer still sends."""
