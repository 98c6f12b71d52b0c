"""x-debug-block-dirty-bitmap-sha256. Source: QEMU util/hbitmap.c, hbitmap_sha256."""

from __future__ import annotations

from txsh.backends.sim.command.action import find_bitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World

WORD_BITS = 64


def sha256(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The hash of the bits, little-endian in 64-bit words.

    Raises:
        CommandFailed: unknown node or bitmap.
    """
    from hashlib import sha256 as new_hash  # noqa: PLC0415  # only this command needs it

    bitmap = find_bitmap(world, arguments["node"], arguments["name"])
    granularity = bitmap.granularity
    bits = -(-bitmap.size_bytes // granularity)
    size = max(1, -(-bits // WORD_BITS)) * WORD_BITS // 8
    packed = bytearray(size)
    for start, end in bitmap.bits:
        _set_bits(packed, start // granularity, min(end // granularity, bits))
    return {"sha256": new_hash(bytes(packed)).hexdigest()}


def _set_bits(packed: bytearray, first: int, last: int) -> None:
    while first < last and first % 8:
        packed[first // 8] |= 1 << first % 8
        first += 1
    whole = (last - first) // 8
    if whole > 0:
        packed[first // 8 : first // 8 + whole] = b"\xff" * whole
        first += whole * 8
    while first < last:
        packed[first // 8] |= 1 << first % 8
        first += 1


COMMANDS = {"x-debug-block-dirty-bitmap-sha256": sha256}
