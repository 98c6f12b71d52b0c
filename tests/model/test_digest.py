"""The digest of a bitmap: which bits a range sets, and how they lie in memory."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from txsh.model.digest import bitmap_digest

GRANULARITY = 512


def test_bits_are_little_endian_in_whole_words() -> None:
    packed = bytes([0b0000_1010, 0xFF, 0, 0, 0, 0, 0, 0])
    ranges = [(512, 1024), (1536, 2048), (8 * 512, 16 * 512)]
    assert bitmap_digest(ranges, 1 << 15, GRANULARITY) == sha256(packed).hexdigest()


def test_an_empty_node_has_one_word() -> None:
    assert bitmap_digest([], 0, GRANULARITY) == sha256(bytes(8)).hexdigest()


def test_the_last_bit_may_reach_beyond_the_end() -> None:
    assert bitmap_digest([(512, 700)], 700, GRANULARITY) == bitmap_digest([(512, 1024)], 700, GRANULARITY)


@given(st.sets(st.integers(0, 299)))
def test_it_is_that_of_the_bits_one_by_one(bits: set[int]) -> None:
    words = sum(1 << bit for bit in bits).to_bytes(40, "little")
    ranges = [(bit * GRANULARITY, (bit + 1) * GRANULARITY) for bit in sorted(bits)]
    assert bitmap_digest(ranges, 300 * GRANULARITY, GRANULARITY) == sha256(words).hexdigest()
