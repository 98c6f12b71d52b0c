"""Which exports are in the way of a command, and what lies over and below a node."""

from __future__ import annotations

from typing import Any

import pytest

from txsh.backends.live.graph import backed_up, below, conflicting, file_below, starts_job, top_of


@pytest.mark.parametrize(
    ("command", "arguments", "nodes"),
    [
        ("query-jobs", {}, set()),
        ("blockdev-backup", {"device": "d", "target": "t"}, {"t"}),
        ("blockdev-del", {"node-name": "d"}, {"d"}),
        ("block_resize", {"node-name": "d", "size": 1}, {"d"}),
        ("blockdev-snapshot", {"node": "d", "overlay": "o"}, {"d", "o"}),
        ("blockdev-reopen", {"options": [{"node-name": "d", "read-only": True}, {"node-name": "e"}]}, {"d"}),
        (
            "transaction",
            {
                "actions": [
                    {"type": "block-dirty-bitmap-clear", "data": {"node": "d", "name": "b"}},
                    {"type": "blockdev-backup", "data": {"device": "d", "target": "t"}},
                    {"type": "blockdev-backup", "data": {"device": "e", "target": "u"}},
                ]
            },
            {"t", "u"},
        ),
    ],
)
def test_only_what_a_command_needs_for_itself_is_in_the_way(
    command: str, arguments: dict[str, Any], nodes: set[str]
) -> None:
    assert conflicting(command, arguments) == nodes


def test_jobs_write_where_exports_would_be_in_the_way() -> None:
    backup = {"type": "blockdev-backup", "data": {"device": "d", "target": "t"}}

    assert starts_job("block-stream", {"device": "d"})
    assert backed_up("transaction", {"actions": [backup]}) == {"d"}
    assert not starts_job("transaction", {"actions": [backup]})
    assert not starts_job("transaction", {"actions": [{"type": "abort", "data": {}}]})
    assert not starts_job("job-cancel", {"id": "j"})


@pytest.mark.parametrize(
    "arguments", [{}, {"actions": "x"}, {"actions": [1, {"type": 1}, {"type": "blockdev-del"}]}, {"actions": None}]
)
def test_what_qemu_will_refuse_is_in_nobodys_way(arguments: dict[str, Any]) -> None:
    assert conflicting("transaction", arguments) == set()
    assert conflicting("blockdev-reopen", {"options": arguments}) == set()
    assert conflicting("blockdev-del", {"node-name": arguments}) == set()


NODES = [
    {"node-name": "d", "drv": "qcow2", "image": {"filename": "json:{cut..."}},
    {"node-name": "f", "drv": "blkdebug", "image": {"filename": "json:{cut..."}},
    {"node-name": "d-file", "drv": "file", "image": {"filename": "d.qcow2"}},
    {"node-name": "null", "drv": "null-co", "image": {"filename": "null-co://"}},
    {"node-name": "#block1", "drv": "copy-before-write", "image": {"filename": "json:{cut..."}},
    {"node-name": "#block2", "drv": "copy-before-write", "image": {"filename": "json:{cut..."}},
]
GRAPH = {
    "nodes": [
        *({"id": number, "type": "block-driver", "name": node["node-name"]} for number, node in enumerate(NODES)),
        {"id": 10, "type": "block-job", "name": "d"},
        {"id": 11, "type": "block-backend", "name": ""},
    ],
    "edges": [
        {"parent": 0, "child": 1, "name": "file"},
        {"parent": 1, "child": 2, "name": "image"},
        {"parent": 4, "child": 0, "name": "file"},
        {"parent": 5, "child": 4, "name": "file"},
        {"parent": 5, "child": 3, "name": "target"},
        {"parent": 10, "child": 3, "name": "main node"},
        {"parent": 11, "child": 5, "name": "root"},
    ],
}


def test_the_guests_door_is_above_the_filters_of_all_jobs() -> None:
    assert top_of("d", NODES, GRAPH) == "#block2"
    assert top_of("null", NODES, GRAPH) == "null"


def test_the_image_file_is_found_below_faults() -> None:
    assert file_below("d", NODES, GRAPH) == "d.qcow2"
    assert file_below("null", NODES, GRAPH) is None


def test_what_is_below_a_source_is_in_the_way_of_its_backup_and_the_source_itself_is_not() -> None:
    assert below({"d"}, GRAPH) == {"f", "d-file"}
    assert below({"null", "nowhere"}, GRAPH) == set()
