"""What a client's bytes are read as. All texts were taken down from real QEMUs: 7.2.22, 10.0.2, 11.1.3."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.backends.sim.monitor.scribble import scribble
from txsh.backends.sim.monitor.stream import NESTING_MAX, Message, Stream
from txsh.backends.sim.profile import QEMU_7_2, QEMU_10_0, QEMU_11_1

WORDS = (QEMU_7_2.json, QEMU_11_1.json)


def read(data: bytes, words: Any = QEMU_7_2.json) -> list[Message]:
    return list(Stream(words).feed(data))


def told(data: bytes, words: Any) -> list[str]:
    """The errors, without what all of them begin with; a value stands as its repr."""
    messages = read(data, words)
    return [
        repr(each.value) if each.error is None else each.error.replace("JSON parse error, ", "") for each in messages
    ]


def values(data: bytes, words: Any = QEMU_7_2.json) -> list[Any]:
    messages = read(data, words)
    assert all(message.error is None for message in messages), messages
    return [message.value for message in messages]


def test_10_0_reads_as_7_2_does() -> None:
    assert QEMU_10_0.json == QEMU_7_2.json


@pytest.mark.parametrize(
    ("data", "first", "second"),
    [
        (b"}", "expecting value", "1:1: expecting value"),
        (b"nul ", "invalid keyword 'nul'", "1:1: invalid keyword 'nul'"),
        (b'{"a"}', "missing : in object pair", "1:5: expecting ':'"),
        (b'{"a":}', "expecting value", "1:6: expecting value"),
        (b'{"a":1,}', "expecting value", "1:8: expecting key"),
        (b"{,}", "expecting value", "1:2: expecting key"),
        (b"{1:2}", "key is not a string in object", "1:2: expecting key"),
        (b"{[]:2}", "key is not a string in object", "1:2: expecting key"),
        (b"{x:2}", "invalid keyword 'x'", "1:2: expecting key"),
        (b'{"a":1 "b":2}', "expected separator in dict", "1:8: expected ',' or '}'"),
        (b'{"a":1,"a":2}', "duplicate key", "1:12: duplicate key"),
        (b"[1,]", "expecting value", "1:4: expecting value"),
        (b"[1 2]", "expected separator in list", "1:4: expected ',' or ']'"),
        (b"[}", "expecting value", "1:2: expecting value"),
        (b"%p ", "stray '%'", "1:1: stray '%'"),
        (b"\x00", "stray ''", "1:1: stray ''"),
        (b"\x0c", "stray '\x0c'", "1:1: stray '\x0c'"),
        (b'"a\nb ', "stray '\"a\n'", "1:1: stray '\"a\n'"),
        (b"\xc3\xa9", "stray '\ufffd'", "1:1: stray '\ufffd'"),
        (b"01 ", "stray '01'", "1:1: stray '01'"),
        (b"1e+ ", "stray '1e+ '", "1:1: stray '1e+ '"),
        (b'"\\x"', "invalid escape sequence in string", "1:1: invalid escape sequence in string"),
        (b'"\\u12zz"', "\\u12zz is not a valid Unicode character", "1:1: \\u12zz is not a valid Unicode character"),
        (
            b'"\\ud800\\u0020"',
            "\\ud800 is not a valid Unicode character",
            "1:1: \\ud800 is not a valid Unicode character",
        ),
        (b'"\\uFFFE"', "\\uFFFE is not a valid Unicode character", "1:1: \\uFFFE is not a valid Unicode character"),
        (b'"\xc1\x80"', "invalid UTF-8 sequence in string", "1:1: invalid UTF-8 sequence in string"),
    ],
)
def test_each_mistake_has_its_words_in_each_version(data: bytes, first: str, second: str) -> None:
    assert told(data, QEMU_7_2.json) == [first]
    assert told(data, QEMU_11_1.json) == [second]


@pytest.mark.parametrize(
    ("data", "first", "second"),
    [
        (b"{[", [], ["1:2: expecting key"]),
        (b'{"a":]}', ["expecting value", "expecting value"], ["1:6: expecting value", "1:7: expecting value"]),
        (b'{"execute":"a"\n{"execute":"b"}\n{"execute":"c"}\n', [], ["2:1: expected ',' or '}'"]),
        (b"{,{}}{}", ["expecting value", "{}"], ["1:2: expecting key", "{}"]),
        (b"{,\x01{}", ["stray '\x01'", "{}"], ["1:2: expecting key", "{}"]),
        (b"{,\xff\n[]", ["stray '\ufffd'", "[]"], ["1:2: expecting key", "[]"]),
        (
            b"[[\x01]]",
            ["stray '\x01'", "expecting value", "expecting value"],
            ["1:3: stray '\x01'", "1:5: expecting value", "1:5: expecting value"],
        ),
    ],
)
def test_11_1_tells_a_mistake_when_it_comes_and_7_2_when_the_message_ends(
    data: bytes, first: list[str], second: list[str]
) -> None:
    assert told(data, QEMU_7_2.json) == first
    assert told(data, QEMU_11_1.json) == second


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"}", "1:1"),
        (b"\n\t}", "2:2"),
        (b"\r\n}", "2:1"),
        (b'"\xc3\xa9" }', "1:6"),
        (b"[1\n}", "2:1"),
        (b"1}", "1:3"),
        (b"tr\nU", "2:1"),
        (b"trU", "1:4"),
        (b'{"id":1}\n}', "2:1"),
        (b'{"id":1} }', "1:10"),
        (b'{"id":1}\n{"id":1,\n"a":2}\n  }', "4:3"),
    ],
)
def test_places_count_bytes_and_are_one_too_far_behind_a_token_without_an_end(data: bytes, place: str) -> None:
    assert read(data, QEMU_11_1.json)[-1].error in (
        f"{place}: JSON parse error, expecting value",
        f"{place}: JSON parse error, expected ',' or ']'",
        f"{place}: JSON parse error, stray 'U'",
    )


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("data", [b"[" * NESTING_MAX + b"]" * NESTING_MAX, b'{"a":' * 1023 + b"[]" + b"}" * 1023])
def test_brackets_may_stand_a_thousand_and_twenty_four_deep(data: bytes, words: Any) -> None:
    assert len(values(data, words)) == 1


def test_one_bracket_more_is_refused_in_7_2_and_each_that_closes_as_well() -> None:
    errors = told(b"[" * 1025 + b"]" * 1025, QEMU_7_2.json)
    assert errors == ["JSON nesting depth limit exceeded"] + ["expecting value"] * 1025


def test_one_bracket_more_is_refused_once_in_11_1() -> None:
    data = b"[" * 1025 + b"]" * 1025 + b"{}"
    assert told(data, QEMU_11_1.json) == ["JSON nesting depth limit exceeded", "{}"]


def test_a_message_of_the_parser_is_cut_where_qemu_has_no_more_room() -> None:
    [error] = told(b"a" * 2000 + b" ", QEMU_7_2.json)
    assert error == "invalid keyword '" + "a" * (1023 - len("invalid keyword '"))


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"'a\"b'", 'a"b'),
        (b'"it\\\'s\\/"', "it's/"),
        (b'"\\uD834\\uDD1E\xc3\xa9"', "\U0001d11e\u00e9"),
        (b'"\\u0000\xc0\x80"', "\0\0"),
        (b"-0 ", 0),
        (b"-9223372036854775808 ", -(1 << 63)),
        (b"18446744073709551615 ", (1 << 64) - 1),
        (b"18446744073709551616 ", float(1 << 64)),
        (b"-9223372036854775809 ", float(-(1 << 63))),
        (b"1e999 ", float("inf")),
        (b"9" * 5000 + b" ", float("inf")),
        (b"[1.5,true,false,null,{}]", [1.5, True, False, None, {}]),
    ],
)
def test_values_are_what_qemu_takes_them_for(data: bytes, value: Any, words: Any) -> None:
    [got] = values(data, words)
    assert got == value
    assert type(got) is type(value)


def test_a_number_and_a_word_may_touch() -> None:
    assert told(b"0e5 ", QEMU_7_2.json) == ["0", "invalid keyword 'e'", "5"]


def test_messages_are_given_before_the_bytes_behind_them_are_looked_at() -> None:
    messages = Stream(QEMU_7_2.json).feed(b'{"a":1}}')
    assert next(messages).value == {"a": 1}
    assert next(messages).error == "JSON parse error, expecting value"


@pytest.mark.parametrize("words", WORDS)
def test_packets_and_the_reader_of_plain_lines_change_nothing(words: Any) -> None:
    for seed in range(400):
        random = Random(seed)
        data = scribble(random) + b"\n" + scribble(random)
        whole = read(data, words)

        stream = Stream(words)
        # A byte at a time is never a whole line, so that nothing but the lexer reads it.
        bytewise = [message for place in range(len(data)) for message in stream.feed(data[place : place + 1])]
        cut = random.randrange(len(data))
        stream = Stream(words)
        halves = [*stream.feed(data[:cut]), *stream.feed(data[cut:])]

        assert repr(whole) == repr(bytewise) == repr(halves), (seed, data)


def test_what_is_no_token_is_cut_in_11_1_only() -> None:
    text = b'"' + b"q" * 5000
    [whole], [cut] = told(text + b"\x01", QEMU_7_2.json), told(text + b"\x01", QEMU_11_1.json)
    assert whole == f"stray '{text.decode()}\x01'"
    assert cut == "1:1: " + f"stray '{text.decode()}"[:1023]
