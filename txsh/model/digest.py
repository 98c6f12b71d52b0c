"""The digest that QEMU gives of a bitmap, so that contents can be compared without being read.

Source: QEMU util/hbitmap.c, hbitmap_sha256: the bits, little-endian in 64-bit words.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WORD_BITS = 64


def bitmap_digest(ranges: Iterable[tuple[int, int]], size_bytes: int, granularity_bytes: int) -> str:
    """The digest of a bitmap in which every bit that a range touches is set.

    Args:
        ranges: (start, end) in bytes; what lies beyond the end of the node has no bits.
        size_bytes: of the node.
    """
    from hashlib import sha256  # noqa: PLC0415  # only who asks for a digest needs it

    bits = -(-size_bytes // granularity_bytes)
    packed = bytearray(max(1, -(-bits // WORD_BITS)) * WORD_BITS // 8)
    for start, end in ranges:
        _set_bits(packed, start // granularity_bytes, min(-(-end // granularity_bytes), bits))
    return sha256(packed).hexdigest()


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
