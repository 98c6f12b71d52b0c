"""The reader of plain lines takes what it may, and leaves alone whatever QEMU might read differently."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.backends.sim.monitor.plain import read_plain
from txsh.backends.sim.monitor.stream import Stream
from txsh.backends.sim.profile import QEMU_11_1

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(("\0", "\x7f")),
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.dictionaries(st.text(), JSON), st.booleans(), st.sampled_from((None, 1)))
def test_a_line_is_read_as_the_lexer_reads_it_or_left_to_it(value: Any, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001
    line = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode(errors="surrogatepass")

    plain = read_plain(line)

    if plain is not None:
        stream = Stream(QEMU_11_1.json)
        [message] = [each for place in range(len(line)) for each in stream.feed(line[place : place + 1])]
        assert message.error is None
        assert repr(message.value) == repr(plain)


def test_a_usual_command_is_plain() -> None:
    line = b'{"execute": "job-pause", "arguments": {"id": "j", "x": [1, -2.5, true, null]}, "id": "a\\n"}\r\n'
    assert read_plain(line) == json.loads(line)


@pytest.mark.parametrize(
    "line",
    [
        b"1",
        b'{"a": 1',
        b'{"a": 1}}',
        b'{"a": 1}{}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 0e5}',
        b'{"a": 99999999999999999999}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0041"}',
        b'{"a": "\xc3\xa9"}',
        b"{'a': 1}",
        b'{"a": "\x01"}',
        b'{"a": ' * 201 + b"1" + b"}" * 201,
        b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_what_might_mean_something_else_to_qemu_is_not_plain(line: bytes) -> None:
    assert read_plain(line) is None
