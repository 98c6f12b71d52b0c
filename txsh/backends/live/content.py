"""All that a node holds, as digests of 64 KiB blocks; blocks of zeroes are left out, so a hole equals them."""

from __future__ import annotations

import hashlib

from txsh.backends.live.nbd import REQUEST_BYTES_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.live.export import Exports
    from txsh.backends.live.nbd import NbdClient

BLOCK_BYTES = 65536
_DIGEST_BYTES = 16
_READS_AS_ZERO = 2
"""Bit 1 of ``base:allocation``. Source: the NBD protocol, "Metadata contexts"."""


class LiveContent:
    """The content of a node at one moment.

    Attributes:
        size_bytes: of the node.
        blocks: block number -> digest, for blocks that are not all zeroes.
    """

    __slots__ = ("blocks", "size_bytes")

    def __init__(self, size_bytes: int, blocks: dict[int, bytes]) -> None:
        self.size_bytes = size_bytes
        self.blocks = blocks

    def first_difference(self, other: object) -> int | None:
        """Offset of the first 64 KiB block that differs; None when equal."""
        assert isinstance(other, LiveContent)
        offsets = [
            block * BLOCK_BYTES
            for block in self.blocks.keys() | other.blocks.keys()
            if self.blocks.get(block) != other.blocks.get(block)
        ]
        if self.size_bytes != other.size_bytes:
            offsets.append(min(self.size_bytes, other.size_bytes))
        return min(offsets, default=None)


async def read_content(exports: Exports, node: str) -> LiveContent:
    """Read what is not known to be zeroes.

    Raises:
        GuestError: a read failed.
        HostUnable: there is no such node.
    """
    blocks: dict[int, bytes] = {}
    async with exports.lone(node, "base:allocation") as client:
        size, done = client.size_bytes, 0
        async for extent in client.scan():
            if not extent.flags & _READS_AS_ZERO:
                start = max(done, extent.start - extent.start % BLOCK_BYTES)
                done = min(extent.end + -extent.end % BLOCK_BYTES, size)
                await _read_blocks(client, start, done, blocks)
        return LiveContent(size, blocks)


async def _read_blocks(client: NbdClient, start: int, end: int, blocks: dict[int, bytes]) -> None:
    """Take the digests of whole blocks; `start` is the start of one."""
    while start < end:
        stop = min(end, start + REQUEST_BYTES_MAX)
        view = memoryview(await client.read(start, stop - start))
        zeroes = bytes(BLOCK_BYTES)
        for low in range(0, len(view), BLOCK_BYTES):
            block = view[low : low + BLOCK_BYTES]
            if block != zeroes[: len(block)]:
                blocks[(start + low) // BLOCK_BYTES] = hashlib.blake2b(block, digest_size=_DIGEST_BYTES).digest()
        start = stop
