"""Values as QEMU writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.sim.monitor.test_plain import JSON
from txsh.backends.sim.monitor.writer import write


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [1.5, 1e300, 0]}, '{"a": [1.5, 1.0000000000000001e+300, 0], "b": 1}'),
        ((1 << 64) - 1, "18446744073709551615"),
        (float("inf"), "inf"),
        ('\u00e9\0\x7f<&/\U0001d11e"\\\n', '"\\u00E9\\u0000\\u007F<&/\\uD834\\uDD1E\\"\\\\\\n"'),
        ([True, False, None, (), {}], "[true, false, null, [], {}]"),
        ({"error": {"desc": "x", "class": "G"}, "id": 1}, '{"id": 1, "error": {"class": "G", "desc": "x"}}'),
        ({"id": 1, "return": {}}, '{"return": {}, "id": 1}'),
        ({"major": 7, "minor": 2, "micro": 22}, '{"micro": 22, "minor": 2, "major": 7}'),
    ],
)
def test_a_value_is_written_byte_for_byte_as_qemu_writes_it(value: Any, text: str) -> None:
    assert write(value) == text


@given(JSON)
def test_what_is_written_means_the_same(value: Any) -> None:
    assert json.loads(write(value)) == value


@given(st.lists(st.dictionaries(st.text(), st.none())))
def test_many_kinds_of_objects_are_not_remembered_for_ever(values: list[dict[str, None]]) -> None:
    assert [json.loads(write(value)) for value in values] == values


def test_depth_costs_no_recursion() -> None:
    value: Any = {"b": [1, {}], "a": "x"}
    for _ in range(2000):
        value = [value, {"z": [], "y": None}]
    text = write(value)
    assert text.startswith("[" * 2000 + '{"a": "x", "b": [1, {}]}, {"y": null, "z": []}], ')
    assert text.endswith('{"y": null, "z": []}]')
    assert text.count("[") == text.count("]")
