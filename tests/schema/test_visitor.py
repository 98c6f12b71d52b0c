"""What QEMU says of arguments, each text as a real one gave it; 7.2 where no version is said."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from txsh.model.event import QmpError
from txsh.schema.visitor import refusal

V7_2 = (7, 2)


def said(command: str, arguments: dict[str, Any], program: str = "qsd") -> str | None:
    error = refusal(V7_2, program, command, arguments)
    return error.description if error else None


def of_action(verb: str, data: Any) -> str | None:
    return said("transaction", {"actions": [{"type": verb, "data": data}]})


def test_an_unknown_command_has_a_class_of_its_own() -> None:
    assert refusal(V7_2, "qsd", "blockdev-foo", {}) == QmpError(
        "CommandNotFound",
        "The command blockdev-foo has not been found",
    )


def test_a_storage_daemon_does_not_have_every_command_of_a_system_emulator() -> None:
    arguments = {"command-line": "info"}

    assert said("human-monitor-command", arguments) == "The command human-monitor-command has not been found"
    assert said("human-monitor-command", arguments, "qemu-system") is None


@pytest.mark.parametrize("name", ["", " ", "transaction command", "\n", "q_obj_transaction-arg", "str", "OnOffAuto"])
def test_a_name_that_is_no_command_is_never_found(name: str) -> None:
    assert said(name, {}) == f"The command {name} has not been found"


def test_well_formed_arguments_pass() -> None:
    backup = {"device": "a", "target": "t", "sync": "full", "x-perf": {"max-workers": 1}}

    assert of_action("blockdev-backup", backup) is None
    assert of_action("abort", {}) is None
    assert said("transaction", {"actions": []}) is None
    assert said("query-jobs", {}) is None


@pytest.mark.parametrize(
    ("command", "arguments", "text"),
    [
        ("transaction", {}, "Parameter 'actions' is missing"),
        ("transaction", {"actions": {}}, "Invalid parameter type for 'actions', expected: array"),
        ("transaction", {"actions": [3]}, "Invalid parameter type for 'actions[0]', expected: object"),
        ("transaction", {"actions": [{"type": "foo"}]}, "Parameter 'type' does not accept value 'foo'"),
        ("transaction", {"actions": [{"type": "abort"}]}, "Parameter 'actions[0].data' is missing"),
        (
            "transaction",
            {"actions": [], "properties": {"completion-mode": "all"}},
            "Parameter 'completion-mode' does not accept value 'all'",
        ),
        ("transaction", {"actions": [], "properties": {"foo": 1}}, "Parameter 'properties.foo' is unexpected"),
        ("query-jobs", {"a": 1}, "Parameter 'a' is unexpected"),
        ("job-cancel", {"id": 3}, "Invalid parameter type for 'id', expected: string"),
        ("block-job-cancel", {"device": "j", "force": 1}, "Invalid parameter type for 'force', expected: boolean"),
        (
            "block-job-set-speed",
            {"device": "j", "speed": 1 << 63},
            "Invalid parameter type for 'speed', expected: integer",
        ),
        ("blockdev-reopen", {"options": [{"driver": "raw"}]}, "Parameter 'options[0].file' is missing"),
    ],
)
def test_a_wrong_argument_is_named(command: str, arguments: dict[str, Any], text: str) -> None:
    assert said(command, arguments) == text


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"name": 1}, "Invalid parameter type for 'actions[0].data.name', expected: string"),
        ({"x": 1}, "Parameter 'actions[0].data.x' is unexpected"),
        ({"granularity": "64k"}, "Parameter 'actions[0].data.granularity' expects uint64"),
        ({"granularity": True}, "Parameter 'actions[0].data.granularity' expects uint64"),
        ({"granularity": 1.0}, "Parameter 'actions[0].data.granularity' expects uint64"),
        ({"granularity": 1 << 64}, "Parameter 'actions[0].data.granularity' expects uint64"),
        ({"granularity": -1}, "Parameter 'granularity' expects uint32_t"),
        ({"granularity": 1 << 32}, "Parameter 'granularity' expects uint32_t"),
        ({"granularity": (1 << 32) - 1}, None),
    ],
)
def test_a_wrong_member_of_an_action_is_named_by_path_or_name_as_qemu_does(
    more: dict[str, Any],
    text: str | None,
) -> None:
    assert of_action("block-dirty-bitmap-add", {"node": "a", "name": "b"} | more) == text


def test_a_number_no_integer_type_holds_is_floating_point_to_qemu() -> None:
    text = "Invalid parameter type for 'size', expected: integer"
    null = {"driver": "null-co", "size": 1 << 64}

    assert said("blockdev-add", null) == text


def test_a_merge_source_is_a_name_or_an_object() -> None:
    merge = {"node": "a", "target": "b"}

    assert of_action("block-dirty-bitmap-merge", merge | {"bitmaps": ["x", {"node": "n", "name": "y"}]}) is None
    assert (
        of_action("block-dirty-bitmap-merge", merge | {"bitmaps": [None]})
        == "Invalid parameter type for 'null', expected: BlockDirtyBitmapOrStr"
    )
    assert (
        of_action("block-dirty-bitmap-merge", merge | {"bitmaps": ["x", {"node": "n"}]})
        == "Parameter 'actions[0].data.bitmaps[1].name' is missing"
    )


def test_the_first_wrong_member_in_the_schemas_order_is_named_whatever_the_texts_order() -> None:
    arguments = {"name": 1, "node": 2}

    assert (
        of_action("block-dirty-bitmap-add", arguments)
        == "Invalid parameter type for 'actions[0].data.node', expected: string"
    )


def test_a_missing_member_comes_before_one_too_many() -> None:
    assert of_action("block-dirty-bitmap-add", {"node": "a", "x": 1}) == "Parameter 'actions[0].data.name' is missing"


def test_a_member_too_many_inside_comes_before_one_outside() -> None:
    action = {"type": "block-dirty-bitmap-clear", "data": {"node": "a", "name": "b", "x": 1}, "y": 1}

    assert said("transaction", {"actions": [action]}) == "Parameter 'actions[0].data.x' is unexpected"


def test_members_of_a_tagged_object_follow_its_tag() -> None:
    assert said("blockdev-add", {"node-name": 1}) == "Parameter 'driver' is missing"
    assert said("blockdev-add", {"driver": "file"}) == "Parameter 'filename' is missing"
    assert said("blockdev-add", {"driver": "null-co", "filename": "a"}) == "Parameter 'filename' is unexpected"
    assert (
        said("blockdev-add", {"driver": "qcow2", "file": {"driver": "file"}}) == "Parameter 'file.filename' is missing"
    )


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["on-cbw-error", "y"], "on-cbw-error"),
        (["x", "y", "zz-top"], "zz-top"),
        (["a.b", "Name", "x"], "a.b"),
        (["zz", "yy", "xx", "ww", "vv", "uu", "tt", "ss", "rr", "qq"], "ss"),
    ],
)
def test_of_several_members_too_many_the_one_in_glibs_order_is_named(names: list[str], first: str) -> None:
    clear = {"node": "a", "name": "b"} | dict.fromkeys(names, 1)

    assert said("block-dirty-bitmap-clear", clear) == f"Parameter '{first}' is unexpected"
    assert said("block-dirty-bitmap-clear", dict(reversed(clear.items()))) == f"Parameter '{first}' is unexpected"


def test_what_qemu_checks_by_hand_is_left_to_it() -> None:
    assert said("device_add", {"anything": 1}, "qemu-system") is None


def test_a_qemu_that_was_never_recorded_is_no_guess() -> None:
    with pytest.raises(LookupError, match=r"no schema of qsd 1\.0 was recorded"):
        refusal((1, 0), "qsd", "quit", {})


@pytest.mark.parametrize(
    ("version", "command", "arguments", "text"),
    [
        ((10, 0), "blockdev-backup", {"on-cbw-error": "break-snapshot"}, "Parameter 'on-cbw-error' is unexpected"),
        ((11, 1), "blockdev-backup", {"on-cbw-error": "break-snapshot"}, None),
        (
            (11, 1),
            "blockdev-backup",
            {"on-cbw-error": "x"},
            "Parameter 'on-cbw-error' does not accept value 'x'",
        ),
        ((7, 2), "blockdev-set-active", {"active": 1}, "The command blockdev-set-active has not been found"),
        ((10, 0), "blockdev-set-active", {"active": 1}, "Invalid parameter type for 'active', expected: boolean"),
        ((10, 0), "query-block", {"flat": True}, "Parameter 'flat' is unexpected"),
        ((11, 1), "query-block", {"flat": True}, None),
        ((10, 0), "block-export-add", {"iothread": []}, "Invalid parameter type for 'iothread', expected: string"),
        (
            (11, 1),
            "block-export-add",
            {"iothread": 1},
            "Invalid parameter type for 'iothread', expected: BlockExportIothreads",
        ),
        (
            (11, 1),
            "block-export-add",
            {"iothread": ["i", 1]},
            "Invalid parameter type for 'iothread[1]', expected: string",
        ),
    ],
)
def test_versions_differ_in_what_their_schemas_say(
    version: tuple[int, int],
    command: str,
    arguments: dict[str, Any],
    text: str | None,
) -> None:
    whole = {
        "blockdev-backup": {"device": "d", "target": "t", "sync": "full"},
        "block-export-add": {"type": "nbd", "id": "e", "node-name": "d"},
    }

    error = refusal(version, "qsd", command, whole.get(command, {}) | arguments)

    assert (error.description if error else None) == text


def test_arguments_may_be_as_deep_as_qemu_reads_json() -> None:
    limit = sys.getrecursionlimit()
    node: dict[str, Any] = {"driver": "null-co", "x": 1}
    for _ in range(1021):
        node = {"driver": "raw", "file": node}

    assert said("blockdev-add", node) == f"Parameter '{'file.' * 1021}x' is unexpected"
    assert sys.getrecursionlimit() == limit
