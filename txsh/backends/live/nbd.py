"""A small NBD client: fixed newstyle, structured replies, one meta context. Knows nothing of QEMU.

Source: the NBD protocol, doc/proto.md of github.com/NetworkBlockDevice/nbd.
"""

from __future__ import annotations

import asyncio
import os
import struct
from contextlib import suppress

from txsh.backends.base import GuestError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from types import TracebackType
    from typing import NamedTuple, Self

    _Chunks = list[tuple[int, bytes]]
else:
    from txsh.named import NamedTuple

REQUEST_BYTES_MAX = 32 * 1024 * 1024
"""The longest read or write that every server takes."""

RANGE_BYTES_MAX = 1024 * 1024 * 1024
"""The longest request without data that we send; lengths have 32 bits."""

_STATUS_BYTES_MAX = (1 << 32) - 65536
"""The longest range to ask the status of, whole clusters."""

_IN_FLIGHT = 16
"""So many requests QEMU takes at a time. Source: nbd/server.c, MAX_NBD_REQUESTS."""

_INIT = struct.Struct(">QQH")
_OPTION = struct.Struct(">QII")
_OPTION_REPLY = struct.Struct(">QIII")
_REQUEST = struct.Struct(">IHHQQI")
_SIMPLE = struct.Struct(">IIQ")
_CHUNK = struct.Struct(">IHHQI")

_INIT_MAGIC = 0x4E42444D41474943
_OPTION_MAGIC = 0x49484156454F5054
_OPTION_REPLY_MAGIC = 0x0003E889045565A9
_REQUEST_MAGIC = 0x25609513
_SIMPLE_MAGIC = 0x67446698
_CHUNK_MAGIC = 0x668E33EF

_CLIENT_FLAGS = 0b11  # fixed newstyle, no zeroes
_OPTION_GO, _OPTION_STRUCTURED, _OPTION_CONTEXT = 7, 8, 10
_REPLY_ACK, _REPLY_INFO, _REPLY_CONTEXT, _REPLY_ERROR = 1, 3, 4, 1 << 31
_INFO_EXPORT = 0
_READ, _WRITE, _DISCONNECT, _FLUSH, _TRIM, _WRITE_ZEROES, _BLOCK_STATUS = 0, 1, 2, 3, 4, 6, 7
_NO_HOLE, _DO_NOT_FRAGMENT = 1 << 1, 1 << 2
_DONE = 1
_CHUNK_DATA, _CHUNK_HOLE, _CHUNK_STATUS, _CHUNK_ERROR = 1, 2, 5, 1 << 15
_CONTEXT_PREFIX_BYTES = 4
_OFFSET_BYTES = 8

_BUFFER_BYTES = 4 * 1024 * 1024


class NbdFailed(Exception):
    """The server broke the protocol, refused the export, or hung up."""


class Extent(NamedTuple):
    """A part of an export with one status.

    Args:
        flags: the meta context's own.
    """

    start: int
    end: int
    flags: int


class NbdClient:
    """A connection to one export.

    Attributes:
        size_bytes: of the export.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.size_bytes = 0
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._handle = 0
        self._broken = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def read(self, offset: int, length: int) -> bytes:
        """Read up to REQUEST_BYTES_MAX bytes in one piece.

        The server may not split the answer: QEMU would read each piece by itself then, and hang up on an error in one.
        Source: nbd/server.c, nbd_co_send_sparse_read (7.2).

        Raises:
            GuestError: the server answered with an error.
            NbdFailed: the connection is of no use any more.
        """
        match await self._ask(_READ, _DO_NOT_FRAGMENT, offset, length):
            case [(kind, payload)] if kind == _CHUNK_DATA and len(payload) == length + _OFFSET_BYTES:
                return payload[_OFFSET_BYTES:]
            case [(kind, _)] if kind == _CHUNK_HOLE:
                return bytes(length)
        raise NbdFailed("the server answered a read with something else")

    async def write(self, offset: int, data: bytes) -> None:
        """Write up to REQUEST_BYTES_MAX bytes.

        Raises:
            GuestError: the server answered with an error.
            NbdFailed: the connection is of no use any more.
        """
        await self._ask(_WRITE, 0, offset, len(data), data)

    async def write_zeroes(self, offset: int, length: int, *, unmap: bool) -> None:
        """Write zeroes over up to RANGE_BYTES_MAX bytes; `unmap` lets the server make a hole.

        Raises:
            GuestError: the server answered with an error.
            NbdFailed: the connection is of no use any more.
        """
        await self._ask(_WRITE_ZEROES, 0 if unmap else _NO_HOLE, offset, length)

    async def trim(self, offset: int, length: int) -> None:
        """Discard up to RANGE_BYTES_MAX bytes.

        Raises:
            GuestError: the server answered with an error.
            NbdFailed: the connection is of no use any more.
        """
        await self._ask(_TRIM, 0, offset, length)

    async def flush(self) -> None:
        """Make everything written durable.

        Raises:
            GuestError: the server answered with an error.
            NbdFailed: the connection is of no use any more.
        """
        await self._ask(_FLUSH, 0, 0, 0)

    async def scan(self) -> AsyncGenerator[Extent, None]:
        """The status of the whole export, in order; the server chooses where the extents end.

        Raises:
            GuestError: the server answered with an error.
            NbdFailed: the connection is of no use any more.
        """
        offset = 0
        while offset < self.size_bytes:
            starts = range(offset, min(self.size_bytes, offset + _IN_FLIGHT * _STATUS_BYTES_MAX), _STATUS_BYTES_MAX)
            requests = [
                (_BLOCK_STATUS, 0, start, min(_STATUS_BYTES_MAX, self.size_bytes - start), b"") for start in starts
            ]
            for start, chunks in zip(starts, await self._ask_all(requests), strict=True):
                if start != offset:
                    break  # the answer before this one fell short: go on from where it ended
                for end, flags in _extents(start, chunks):
                    yield Extent(offset, min(end, self.size_bytes), flags)
                    offset = end

    async def close(self) -> None:
        """Say goodbye and hang up; may be called twice."""
        if not self._broken and not self._writer.is_closing():
            self._writer.write(_REQUEST.pack(_REQUEST_MAGIC, 0, _DISCONNECT, 0, 0, 0))
        self.abandon()
        with suppress(OSError):
            await self._writer.wait_closed()

    def abandon(self) -> None:
        """Hang up without waiting."""
        self._broken = True
        self._writer.close()

    async def negotiate(self, export: str, context: str | None) -> None:
        """Choose an export, and the context that `status` tells of.

        Raises:
            NbdFailed: the server does not have it.
        """
        try:
            magic, style, flags = _INIT.unpack(await self._reader.readexactly(_INIT.size))
            if magic != _INIT_MAGIC or style != _OPTION_MAGIC or not flags & 1:
                raise NbdFailed("this is no NBD server of today's style")
            self._writer.write(struct.pack(">I", _CLIENT_FLAGS))
            await self._option(_OPTION_STRUCTURED, b"")
            name = _counted(export)
            if context is not None:
                replies = await self._option(_OPTION_CONTEXT, name + struct.pack(">I", 1) + _counted(context))
                if not any(kind == _REPLY_CONTEXT for kind, _ in replies):
                    raise NbdFailed(f"the server has no context {context}")
            for kind, payload in await self._option(_OPTION_GO, name + struct.pack(">H", 0)):
                if kind == _REPLY_INFO and struct.unpack_from(">H", payload)[0] == _INFO_EXPORT:
                    (self.size_bytes,) = struct.unpack_from(">Q", payload, 2)
        except (OSError, EOFError) as error:
            raise NbdFailed("the NBD server hung up") from error

    async def _option(self, option: int, payload: bytes) -> list[tuple[int, bytes]]:
        self._writer.write(_OPTION.pack(_OPTION_MAGIC, option, len(payload)) + payload)
        replies: list[tuple[int, bytes]] = []
        while True:
            header = await self._reader.readexactly(_OPTION_REPLY.size)
            magic, _, kind, length = _OPTION_REPLY.unpack(header)
            if magic != _OPTION_REPLY_MAGIC or length > _BUFFER_BYTES:
                raise NbdFailed("the server's answer is no NBD")
            reply = await self._reader.readexactly(length)
            if kind & _REPLY_ERROR:
                raise NbdFailed(f"the NBD server refused: {reply.decode(errors='replace')}")
            if kind == _REPLY_ACK:
                return replies
            replies.append((kind, reply))

    async def _ask(self, command: int, flags: int, offset: int, length: int, data: bytes = b"") -> _Chunks:
        (chunks,) = await self._ask_all([(command, flags, offset, length, data)])
        return chunks

    async def _ask_all(self, requests: list[tuple[int, int, int, int, bytes]]) -> list[_Chunks]:
        """Send several requests at once; returns their answers in the order of the requests."""
        async with self._turn:
            if self._broken:
                raise NbdFailed("the NBD connection is closed")
            first = self._handle + 1
            self._handle += len(requests)
            # Until the whole answer is here the stream is in the middle of something.
            self._broken = True
            try:
                for handle, (command, flags, offset, length, data) in enumerate(requests, first):
                    self._writer.write(_REQUEST.pack(_REQUEST_MAGIC, flags, command, handle, offset, length) + data)
                await self._writer.drain()
                answers = await self._answers(range(first, self._handle + 1))
            except (OSError, EOFError) as failure:
                raise NbdFailed("the NBD server hung up") from failure
            self._broken = False
        for error, _ in answers:
            if error:
                raise GuestError(error, os.strerror(error))
        return [chunks for _, chunks in answers]

    async def _answers(self, handles: range) -> list[tuple[int, _Chunks]]:
        """The errno and the chunks of each answer, whichever comes first."""
        errors = dict.fromkeys(handles, 0)
        chunks: dict[int, _Chunks] = {handle: [] for handle in handles}
        open_handles = set(handles)
        while open_handles:
            header = await self._reader.readexactly(_SIMPLE.size)
            magic, error, handle = _SIMPLE.unpack(header)
            if magic == _SIMPLE_MAGIC:
                done = True
            else:
                magic, flags, kind, handle, length = _CHUNK.unpack(header + await self._reader.readexactly(4))
                if magic != _CHUNK_MAGIC or length > REQUEST_BYTES_MAX + _OFFSET_BYTES:
                    raise NbdFailed("the server's answer is no NBD")
                payload = await self._reader.readexactly(length)
                error = struct.unpack_from(">I", payload)[0] if kind & _CHUNK_ERROR else 0
                done = bool(flags & _DONE)
                if kind and handle in open_handles:
                    chunks[handle].append((kind, payload))
            if handle not in open_handles:
                raise NbdFailed("the server answered what was not asked")
            errors[handle] = errors[handle] or error
            if done:
                open_handles.remove(handle)
        return [(errors[handle], chunks[handle]) for handle in handles]


async def connect(path: str, export: str, context: str | None = None) -> NbdClient:
    """Connect to an export over a Unix socket.

    Args:
        context: of `NbdClient.status`: ``base:allocation`` or ``qemu:dirty-bitmap:NAME``.

    Raises:
        NbdFailed: nobody listens, or the server does not have it.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=_BUFFER_BYTES)
    except OSError as error:
        raise NbdFailed(f"cannot connect to the NBD server: {error.strerror}") from error
    client = NbdClient(reader, writer)
    try:
        await client.negotiate(export, context)
    except BaseException:
        client.abandon()
        raise
    return client


def _counted(text: str) -> bytes:
    name = text.encode()
    return struct.pack(">I", len(name)) + name


def _extents(offset: int, chunks: _Chunks) -> Iterator[tuple[int, int]]:
    """Ends and flags of the extents in an answer.

    Raises:
        NbdFailed: there are none.
    """
    pairs = [
        pair
        for kind, payload in chunks
        if kind == _CHUNK_STATUS
        for pair in struct.iter_unpack(">II", payload[_CONTEXT_PREFIX_BYTES:])
    ]
    if not pairs or not all(length for length, _ in pairs):
        raise NbdFailed("the server gave no block status")
    for length, flags in pairs:
        offset += length
        yield offset, flags
