"""An NBD server that does what no QEMU does."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.base import GuestError
from txsh.backends.live.nbd import Extent, NbdClient, NbdFailed, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

SIZE = 1 << 20
HELLO = struct.pack(">QQH", 0x4E42444D41474943, 0x49484156454F5054, 3)


class Server:
    """The server's side, by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def option(self) -> tuple[int, bytes]:
        """Take one option."""
        _, option, length = struct.unpack(">QII", await self.reader.readexactly(16))
        return option, await self.reader.readexactly(length)

    def reply(self, option: int, kind: int, payload: bytes = b"") -> None:
        """Answer an option."""
        self.writer.write(struct.pack(">QIII", 0x0003E889045565A9, option, kind, len(payload)) + payload)

    async def negotiate(self) -> None:
        """Agree to everything."""
        self.writer.write(HELLO)
        await self.reader.readexactly(4)
        while True:
            option, _ = await self.option()
            if option == 7:
                self.reply(option, 3, struct.pack(">HQH", 0, SIZE, 1))
            if option == 10:
                self.reply(option, 4, struct.pack(">I", 1) + b"base:allocation")
            self.reply(option, 1)
            if option == 7:
                return

    async def request(self) -> tuple[int, int, int, int]:
        """Take one request: command, handle, offset, length."""
        _, _, command, handle, offset, length = struct.unpack(">IHHQQI", await self.reader.readexactly(28))
        if command == 1:
            await self.reader.readexactly(length)
        return command, handle, offset, length

    def chunk(self, handle: int, kind: int, payload: bytes, *, done: bool = True) -> None:
        """Send a structured reply's chunk."""
        self.writer.write(struct.pack(">IHHQI", 0x668E33EF, int(done), kind, handle, len(payload)) + payload)


def play(
    folder: Path,
    serve: Callable[[Server], Coroutine[Any, Any, None]],
    scenario: Callable[[NbdClient], Coroutine[Any, Any, None]],
) -> None:
    """Run both sides; the server hangs up when it has nothing more to say."""

    async def run() -> None:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await serve(Server(reader, writer))
            writer.close()

        path = str(folder / "nbd")
        server = await asyncio.start_unix_server(accept, path)
        async with server, asyncio.timeout(10), await connect(path, "e", "base:allocation") as client:
            await scenario(client)

    asyncio.run(run())


def test_answers_may_come_in_any_order(tmp_path: Path) -> None:
    async def serve(server: Server) -> None:
        await server.negotiate()
        _, handle, _, length = await server.request()
        server.chunk(handle, 5, struct.pack(">III", 1, length // 2, 0))
        _, handle, _, length = await server.request()
        server.chunk(handle, 5, struct.pack(">III", 1, 2 * length, 3))

    async def scenario(client: NbdClient) -> None:
        assert client.size_bytes == SIZE
        extents = [extent async for extent in client.scan()]
        assert extents == [Extent(0, SIZE // 2, 0), Extent(SIZE // 2, SIZE, 3)]

    play(tmp_path, serve, scenario)


def test_an_error_is_the_requests_and_the_next_request_is_answered(tmp_path: Path) -> None:
    async def serve(server: Server) -> None:
        await server.negotiate()
        _, handle, _, _ = await server.request()
        server.chunk(handle, 0x8001, struct.pack(">IH", 28, 2) + b"no")
        _, handle, _, _ = await server.request()
        server.writer.write(struct.pack(">IIQ", 0x67446698, 5, handle))
        _, handle, _, length = await server.request()
        server.chunk(handle, 1, struct.pack(">Q", 0) + b"x" * length)

    async def scenario(client: NbdClient) -> None:
        with pytest.raises(GuestError, match="No space left on device"):
            await client.write(0, b"abc")
        with pytest.raises(GuestError, match="Input/output error"):
            await client.flush()
        assert await client.read(0, 3) == b"xxx"

    play(tmp_path, serve, scenario)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage garbage garbage",
        struct.pack(">IIQ", 0x67446698, 0, 999),
        struct.pack(">IHHQI", 0x668E33EF, 1, 1, 1, 1 << 31),
    ],
    ids=["none", "garbage", "another's", "endless"],
)
def test_a_server_that_breaks_the_protocol_is_given_up(tmp_path: Path, answer: bytes) -> None:
    async def serve(server: Server) -> None:
        await server.negotiate()
        await server.request()
        server.writer.write(answer)

    async def scenario(client: NbdClient) -> None:
        with pytest.raises(NbdFailed):
            await client.read(0, 512)
        with pytest.raises(NbdFailed, match="closed"):
            await client.read(0, 512)

    play(tmp_path, serve, scenario)


def test_a_server_without_the_export_says_so(tmp_path: Path) -> None:
    async def serve(server: Server) -> None:
        server.writer.write(HELLO)
        await server.reader.readexactly(4)
        option, _ = await server.option()
        server.reply(option, (1 << 31) + 6, b"unknown export")

    async def scenario(_: NbdClient) -> None:
        raise AssertionError("nobody is connected")

    with pytest.raises(NbdFailed, match="unknown export"):
        play(tmp_path, serve, scenario)


def test_a_socket_that_nobody_listens_on_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(NbdFailed, match="No such file"):
            await connect(str(tmp_path / "nothing"), "e")

    asyncio.run(scenario())
