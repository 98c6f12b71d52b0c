"""Sizes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.model.size import BYTES_MAX, Unreadable, format_range, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("0", 0),
        ("512", 512),
        ("007", 7),
        ("64K", 65536),
        ("64KiB", 65536),
        ("1.5GiB", 3 * 2**29),
        ("0.5K", 512),
        ("1.0", 1),
        ("0x1000", 4096),
        ("0X1f", 31),
        ("7E", 7 * 2**60),
        ("1P", 2**50),
        ("9223372036854775807", BYTES_MAX),
        ("0x7fffffffffffffff", BYTES_MAX),
    ],
)
def test_a_size_is_read_in_whole_bytes(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", ""),
        ("64X", "X"),
        ("64k", "k"),
        ("64KB", "KB"),
        ("64K ", "K "),
        ("K", "K"),
        (".5K", ".5K"),
        ("1.", "."),
        ("1..5", "."),
        ("0.3K", "0.3K"),
        ("0x", "0x"),
        ("0x12g4", "g"),
        ("8E", "8E"),
        ("9223372036854775808", "9223372036854775808"),
        ("-1", "-1"),
        ("1_000", "_000"),
        ("\u0665", "\u0665"),
    ],
)
def test_what_is_no_size_is_told_with_the_letters_that_say_so(text: str, letters: str) -> None:
    found = parse_size(text)

    assert isinstance(found, Unreadable)
    assert text[found.start : found.end] == letters


@pytest.mark.parametrize("text", ["9" * 5000, "0." + "0" * 5000 + "1K", "1." + "5" * 5000, "0x" + "f" * 5000])
def test_thousands_of_digits_are_refused_and_not_computed_with(text: str) -> None:
    assert isinstance(parse_size(text), Unreadable)


def test_a_likely_meaning_is_offered() -> None:
    found = parse_size("1.5kb")

    assert isinstance(found, Unreadable)
    assert found.meant == "1.5K"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0"),
        (511, "511"),
        (65536, "64K"),
        (1536, "1536"),
        (3 * 2**29, "1536M"),
        (2**60, "1E"),
        (2**20 + 512, "1049088"),
    ],
)
def test_a_size_is_written_with_the_largest_unit_that_is_exact(size_bytes: int, text: str) -> None:
    assert format_size(size_bytes) == text


@given(st.integers(min_value=0, max_value=BYTES_MAX))
def test_what_is_written_reads_back(size_bytes: int) -> None:
    assert parse_size(format_size(size_bytes)) == size_bytes


@given(st.text(max_size=8))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    found = parse_size(text)

    assert isinstance(found, Unreadable) or 0 <= found <= BYTES_MAX


def test_a_range_is_written_as_a_script_has_it() -> None:
    assert format_range(2**20, 65536) == "1M+64K"
