"""``key=value`` words, read by the types of a command's schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.schema.scalar import Quoted
from txsh.schema.table import Table
from txsh.schema.words import WordError, read_words

V7_2 = (7, 2)
KEYS = (
    "actions",
    "properties",
    "0",
    "1",
    "type",
    "data",
    "driver",
    "file",
    "filename",
    "backing",
    "node",
    "x",
    "qom-type",
)
VALUES = ("abort", "qcow2", "file", "64K", "true", "null", "-1", "0x", "1e5", "", "NaN", "iothread")


def read(command: str, *words: tuple[str, Any], program: str = "qsd") -> dict[str, Any]:
    return read_words(V7_2, program, command, words)


def refused(command: str, *words: tuple[str, Any], program: str = "qsd") -> WordError:
    with pytest.raises(WordError) as caught:
        read(command, *words, program=program)
    return caught.value


def test_a_string_parameter_keeps_what_looks_like_something_else() -> None:
    words = [("node", "0123"), ("name", "true")]

    assert read("block-dirty-bitmap-add", *words) == {"node": "0123", "name": "true"}
    assert read("job-cancel", ("id", "a b")) == {"id": "a b"}
    assert read("job-cancel", ("id", "null")) == {"id": "null"}


def test_sizes_and_booleans_are_read_as_txsh_writes_them() -> None:
    words = [("node", "n"), ("name", "b"), ("granularity", "64K"), ("persistent", "false")]

    assert read("block-dirty-bitmap-add", *words)["granularity"] == 65536
    assert read("block-dirty-bitmap-add", *words)["persistent"] is False


@pytest.mark.parametrize(
    ("text", "value"), [("-1", -1), ("0x10", 16), ("18446744073709551616", 1 << 64), ("1.5K", 1536)]
)
def test_integers_that_qemu_will_refuse_are_integers_all_the_same(text: str, value: int) -> None:
    assert read("block-job-set-speed", ("speed", text)) == {"speed": value}


def test_a_dot_descends_into_members_and_list_items() -> None:
    assert read(
        "transaction",
        ("actions.0.type", "abort"),
        ("actions.1.type", "block-dirty-bitmap-add"),
        ("actions.1.data.granularity", "64K"),
        ("properties.completion-mode", "grouped"),
    ) == {
        "actions": [{"type": "abort"}, {"type": "block-dirty-bitmap-add", "data": {"granularity": 65536}}],
        "properties": {"completion-mode": "grouped"},
    }


def test_a_key_given_several_times_is_a_list() -> None:
    words = [("bitmaps", "x"), ("bitmaps", "y")]

    assert read("block-dirty-bitmap-merge", *words) == {"bitmaps": ["x", "y"]}
    assert read("block-dirty-bitmap-merge", ("bitmaps", "x")) == {"bitmaps": ["x"]}


def test_json_is_taken_as_it_is_but_texts_in_a_list_are_read_by_type() -> None:
    merge = [("bitmaps", ["0123", {"node": "5", "name": "5"}])]

    assert read("block-dirty-bitmap-merge", *merge) == {"bitmaps": ["0123", {"node": "5", "name": "5"}]}
    assert read("block-dirty-bitmap-add", ("granularity", {"x": "1"})) == {"granularity": {"x": "1"}}
    assert read("block-latency-histogram-set", ("boundaries", ["1K", "2K"]), program="qemu-system") == {
        "boundaries": [1024, 2048],
    }


def test_members_of_a_tagged_object_are_known_by_its_tag() -> None:
    words = [("file.filename", "f"), ("driver", "qcow2"), ("file.driver", "file"), ("node-name", "n")]

    assert read("blockdev-add", *words) == {
        "file": {"filename": "f", "driver": "file"},
        "driver": "qcow2",
        "node-name": "n",
    }
    assert refused("blockdev-add", ("driver", "null-co"), ("filename", "f")).key == "filename"


def test_an_alternate_is_told_by_how_its_text_looks() -> None:
    assert read("blockdev-add", ("driver", "qcow2"), ("backing", "null"))["backing"] is None
    assert read("blockdev-add", ("driver", "qcow2"), ("backing", Quoted("null")))["backing"] == "null"
    assert read("blockdev-add", ("driver", "qcow2"), ("backing", "base"))["backing"] == "base"


@pytest.mark.parametrize(
    ("command", "words", "key", "message", "advice"),
    [
        (
            "block-dirty-bitmap-add",
            [("nod", "n")],
            "nod",
            "'block-dirty-bitmap-add' has no member 'nod'",
            "did you mean 'node'?",
        ),
        (
            "transaction",
            [("properties.completion-mod", "grouped")],
            "properties.completion-mod",
            "'properties' has no member 'completion-mod'",
            "did you mean 'properties.completion-mode'?",
        ),
        (
            "blockdev-backup",
            [("sync", "ful")],
            "sync",
            "'ful' does not fit 'sync': not one of its values",
            "did you mean 'full'?",
        ),
        (
            "block-job-set-speed",
            [("speed", "64X")],
            "speed",
            "'64X' does not fit 'speed': not a whole number: unknown unit 'X', use K, M, G, T, P or E",
            None,
        ),
        (
            "block-job-set-speed",
            [("speed", Quoted("64"))],
            "speed",
            "'64' does not fit 'speed': a word in quotes is a string, it takes a whole number",
            "leave the quotes out",
        ),
        (
            "block-job-cancel",
            [("force", "yes")],
            "force",
            "'yes' does not fit 'force': not a boolean",
            "use true or false",
        ),
        ("job-cancel", [("id", "a"), ("id", "b")], "id", "'id' is given 2 times", None),
        ("job-cancel", [("id.x", "a")], "id.x", "'id' has no members: it takes a string", None),
        ("job-cancel", [("id", "a"), ("id.x", "b")], "id", "'id' is given as a whole and in parts", None),
        ("job-cancel", [("id..x", "a")], "id..x", "'id..x' has a dot too many", None),
        (
            "transaction",
            [("actions.type", "abort")],
            "actions.type",
            "'actions' is a list",
            "write actions.0=, or actions=[...]",
        ),
        (
            "transaction",
            [("actions.1.type", "abort")],
            "actions.1.type",
            "'actions' has no item 0",
            "items count from 0",
        ),
        ("query-jobs", [("x", "1")], "x", "'query-jobs' has no member 'x'", None),
        ("job-cancle", [], "", "no command is called 'job-cancle'", "did you mean 'job-cancel'?"),
    ],
)
def test_a_word_that_cannot_be_read_says_why_and_what_to_do(
    command: str,
    words: list[tuple[str, Any]],
    key: str,
    message: str,
    advice: str | None,
) -> None:
    error = refused(command, *words)

    assert (error.key, error.message, error.advice) == (key, message, advice)


def test_what_qemu_checks_by_hand_takes_any_member_as_json_reads_it() -> None:
    words = [("driver", "virtio-blk"), ("num-queues", "4"), ("serial", "x1")]

    assert read("device_add", *words, program="qemu-system") == {
        "driver": "virtio-blk",
        "num-queues": 4,
        "serial": "x1",
    }


@pytest.mark.parametrize(
    "text", ["0123", "NaN", "-Infinity", "1e999", "1_000", "\u0663", "tru", "[1, NaN]", "[" * 5000]
)
def test_what_is_no_json_is_a_string_where_anything_may_stand(text: str) -> None:
    words = [("path", "p"), ("property", "q"), ("value", text)]

    assert read("qom-set", *words)["value"] == text


@pytest.mark.parametrize(("text", "value"), [("5", 5), ("1e3", 1000.0), ("true", True), ('{"a": [1]}', {"a": [1]})])
def test_what_is_json_is_that_where_anything_may_stand(text: str, value: Any) -> None:
    assert read("qom-set", ("value", text)) == {"value": value}
    assert read("qom-set", ("value", Quoted(text))) == {"value": text}


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "\u0663", "true", '"1"', "", "1" * 5000])
def test_what_json_does_not_call_a_number_is_none(text: str) -> None:
    gtk = [("type", "gtk"), ("scale", text)]

    assert refused("block-job-set-speed", ("speed", text)).key == "speed"
    with pytest.raises(WordError):
        read_text_of_number(gtk)


def read_text_of_number(words: list[tuple[str, Any]]) -> dict[str, Any]:
    """The only numbers with fractions are those of displays, which no command takes."""
    types = Table("\ngo command Options\nOptions object type=str scale=number\n")
    return read_words(V7_2, "qsd", "go", words, types)


def test_a_number_may_have_a_fraction_where_the_schema_says_so() -> None:
    assert read_text_of_number([("scale", "1.5")]) == {"scale": 1.5}
    assert read_text_of_number([("scale", "-2")]) == {"scale": -2}


@given(
    command=st.sampled_from(["transaction", "blockdev-add", "blockdev-backup", "qom-set", "object-add", "job-cancel"]),
    words=st.lists(
        st.tuples(
            st.lists(st.sampled_from(KEYS), min_size=1, max_size=4).map(".".join) | st.text(max_size=8),
            st.sampled_from(VALUES) | st.text(max_size=8) | st.lists(st.sampled_from(VALUES), max_size=3),
        ),
        max_size=5,
    ),
)
def test_any_words_are_read_as_json_or_refused(command: str, words: list[tuple[str, Any]]) -> None:
    try:
        made = read(command, *words)
    except WordError as error:
        wrong = error.key
    else:
        json.dumps(made, allow_nan=False)
        return
    assert wrong in dict(words)
