"""Texts from bytes, and the places in them that people are told."""

from __future__ import annotations

import pytest

from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.source import Source, Span, source_from_bytes


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("ab", 2, (1, 3)),
        ("ab\n", 3, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("漢e\u0301\n\U0001f600x", 5, (2, 2)),
    ],
)
def test_lines_and_columns_count_from_one_and_by_code_point(text: str, offset: int, position: tuple[int, int]) -> None:
    assert Source("", text).position(offset) == position


def test_a_line_comes_without_its_end() -> None:
    source = Source("", "a\r\nb\n\nc")

    assert [source.line(number) for number in (1, 2, 3, 4)] == ["a", "b", "", "c"]


def test_a_place_names_the_file_the_line_and_the_column() -> None:
    source = Source("nightly.txsh", "a\n  b")

    assert Span(source, 4, 5).place == "nightly.txsh:2:3"


@pytest.mark.parametrize("data", [b"a \xc3\xa9\r\n", b"\xef\xbb\xbfa \xc3\xa9\r\n"])
def test_a_byte_order_mark_is_taken_off(data: bytes) -> None:
    source = source_from_bytes("x", data)

    assert isinstance(source, Source)
    assert source.text == "a é\r\n"


def test_bytes_that_are_no_utf_8_have_a_diagnostic_at_the_first_of_them() -> None:
    found = source_from_bytes("x.txsh", "é\nab".encode() + b"\xff\xfe")

    assert isinstance(found, Diagnostic)
    assert found.name == "not-utf-8"
    assert found.span.place == "x.txsh:2:3"
    assert "byte 0xff at offset 5" in found.message


def test_utf_16_is_recognized() -> None:
    found = source_from_bytes("x", "wait".encode("utf-16"))

    assert isinstance(found, Diagnostic)
    assert found.help == "it looks like UTF-16"
