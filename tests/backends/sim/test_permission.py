"""Refusals that come from the graph: permissions, file locks, blockers. Texts as a QEMU 7.2 gave them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.backends.sim.lab import HELD, Lab

SOCKET = {"addr": {"type": "unix", "data": {"path": "n"}}}


def export(name: str, node: str, **more: Any) -> dict[str, Any]:
    return {"type": "nbd", "id": name, "name": name, "node-name": node, **more}


def served() -> Lab:
    lab = Lab()
    lab.execute("nbd-server-start", SOCKET)
    return lab


def test_a_file_is_opened_for_writing_once() -> None:
    lab = Lab()
    lab.drive("a")
    again = {"driver": "qcow2", "node-name": "b", "file": {"driver": "file", "filename": "a"}}
    assert lab.refused("blockdev-add", again) == 'Failed to get "write" lock'
    assert lab.refused("blockdev-add", {**again, "read-only": True}) == 'Failed to get shared "write" lock'
    assert len(lab.backend.world.nodes) == 2


def test_readers_share_a_file_and_keep_writers_away() -> None:
    lab = Lab()
    lab.image("a", "qcow2")
    first = {"driver": "qcow2", "node-name": "a", "file": {"driver": "file", "filename": "a"}, "read-only": True}
    lab.execute("blockdev-add", first)
    lab.execute("blockdev-add", {**first, "node-name": "b"})
    writer = {**first, "node-name": "c", "read-only": False}
    assert lab.refused("blockdev-add", writer) == 'Failed to get "write" lock'


def test_two_raw_nodes_share_a_file_until_one_is_written() -> None:
    lab = served()
    lab.target("a")
    lab.open("raw", "b", "a")
    lab.execute("block-export-add", export("e", "a", writable=True))
    lab.execute("block-export-add", export("f", "b", writable=True))


def test_the_source_of_a_job_takes_no_writer_below_the_filter() -> None:
    lab = served()
    lab.drive("s0")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD))
    desc = lab.refused("block-export-add", export("e", "s0", writable=True))
    assert re.sub(r"#block\d+", "#block", desc) == (
        "Permission conflict on node 's0': permissions 'write' are both required by an unnamed block device (uses node "
        "'s0' as 'root' child) and unshared by node '#block' (uses node 's0' as 'file' child)."
    )
    lab.execute("block-export-add", export("r", "s0"))


def test_an_export_made_before_the_job_moves_onto_the_filter_and_back() -> None:
    lab = served()
    lab.drive("s0")
    lab.target("t0")
    lab.execute("block-export-add", export("e", "s0", writable=True))
    lab.transaction(lab.backup("j0", **HELD, **{"filter-node-name": "flt"}))
    assert lab.execute("query-block-exports")[0]["node-name"] == "flt"
    lab.execute("job-cancel", {"id": "j0"})
    lab.settle()
    assert lab.execute("query-block-exports")[0]["node-name"] == "s0"


def test_a_read_only_target_is_refused_and_nothing_is_left() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.image("t0", "raw")
    file = {"driver": "file", "filename": "t0"}
    lab.execute("blockdev-add", {"driver": "raw", "node-name": "t0", "file": file, "read-only": True})
    nodes = len(lab.backend.world.nodes)
    lab.bitmap("s0", "b", (1, 2))
    data = lab.backup("j0", sync="incremental", bitmap="b")["data"]
    assert lab.refused("blockdev-backup", data) == "Could not create node: Block node is read-only"
    assert len(lab.backend.world.nodes) == nodes
    assert lab.bitmaps("s0")["b"]["busy"] is False


def test_a_target_in_use_names_the_job() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD))
    desc = "Node 't0' is busy: block device is in use by block job: backup"
    assert lab.refused("blockdev-backup", lab.backup("j1")["data"]) == desc
    assert lab.refused("blockdev-del", {"node-name": "t0"}) == desc
    assert lab.refused("blockdev-del", {"node-name": "s0"}) == "Block device s0 is in use"


def test_a_backing_file_names_its_overlay_until_the_overlay_is_gone() -> None:
    lab = Lab()
    lab.drive("base", **{"read-only": True})
    lab.image("over", "qcow2", backing=("base", "qcow2"))
    lab.open("qcow2", "over", backing="base")
    assert lab.refused("blockdev-del", {"node-name": "base"}) == (
        "Node 'base' is busy: node is used as backing hd of 'over'"
    )
    assert lab.byte("over", 3) == 17
    lab.execute("blockdev-del", {"node-name": "over"})
    lab.execute("blockdev-del", {"node-name": "base"})
    assert lab.backend.world.nodes == []


def test_an_exported_node_is_in_use() -> None:
    lab = served()
    lab.drive("s0")
    lab.execute("block-export-add", export("e", "s0"))
    assert lab.refused("blockdev-del", {"node-name": "s0"}) == "Node s0 is in use"
    lab.execute("block-export-del", {"id": "e"})
    assert lab.events(lab.backend.now_us()) == ["e BLOCK_EXPORT_DELETED"]
    lab.execute("blockdev-del", {"node-name": "s0"})


def test_a_node_referred_to_by_name_outlives_its_user() -> None:
    lab = Lab()
    lab.image("a", "qcow2")
    lab.execute("blockdev-add", {"driver": "file", "filename": "a", "node-name": "f"})
    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "q", "file": "f"})
    lab.execute("blockdev-del", {"node-name": "q"})
    assert [node.name for node in lab.backend.world.nodes] == ["f"]


def test_a_node_is_not_its_own_backing_file() -> None:
    lab = Lab()
    lab.image("a", "qcow2")
    itself = {"driver": "qcow2", "node-name": "a", "file": {"driver": "file", "filename": "a"}, "backing": "a"}
    assert lab.refused("blockdev-add", itself) == "Making 'a' a backing child of 'a' would create a cycle"
    assert lab.backend.world.nodes == []


def test_a_job_between_two_nodes_of_one_file_is_refused_and_leaves_nothing() -> None:
    lab = Lab()
    lab.image("f", "raw")
    for name in ("a", "b"):
        lab.execute("blockdev-add", {"driver": "file", "node-name": name, "filename": "f"})
    assert lab.refused("blockdev-backup", lab.backup("j0", "a", "b")["data"]) == 'Failed to get shared "write" lock'
    assert (lab.execute("query-jobs"), len(lab.backend.world.nodes)) == ([], 2)


@pytest.mark.parametrize(
    ("window", "shared"),
    [
        ({}, ["resize", "write-unchanged", "write", "consistent-read"]),
        ({"size": 512}, ["write-unchanged", "write", "consistent-read"]),
    ],
)
def test_a_window_lets_nobody_resize_what_it_looks_into(window: dict[str, int], shared: list[str]) -> None:
    lab = Lab()
    lab.execute("blockdev-add", {"driver": "raw", "node-name": "r", "file": {"driver": "null-co"}, **window})
    (edge,) = lab.execute("x-debug-query-block-graph")["edges"]
    assert edge["shared-perm"] == shared
