"""blockdev-reopen: other children, read-only and back, all nodes or none. Texts as a QEMU 7.2 gave them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, HELD, Lab
from txsh.backends.base import BackendLost, GuestError, run_now

DRIVE: dict[str, Any] = {"driver": "qcow2", "node-name": "a", "file": "f"}


def drive() -> Lab:
    lab = Lab()
    lab.image("a.qcow2", "qcow2")
    lab.backend.host.write_image("a.qcow2", 0, 16 * CLUSTER, 17)
    lab.execute("blockdev-add", {"driver": "file", "filename": "a.qcow2", "node-name": "f"})
    lab.execute("blockdev-add", DRIVE)
    return lab


def fault(lab: Lab, cluster: int) -> None:
    offset = run_now(lab.backend.host.file_offset("a", cluster * CLUSTER))
    assert offset is not None
    rule = {"event": "none", "iotype": "write", "errno": 5, "sector": offset // 512}
    lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "d", "image": "f", "inject-error": [rule]})


def test_a_fault_put_under_a_drive_strikes_the_cluster_that_lies_there() -> None:
    lab = drive()
    fault(lab, 5)
    lab.execute("blockdev-reopen", {"options": [{**DRIVE, "file": "d"}]})
    lab.write("a", 4, 5)
    with pytest.raises(GuestError):
        lab.write("a", 5, 6)
    lab.execute("blockdev-reopen", {"options": [DRIVE]})
    lab.write("a", 5, 6)
    lab.execute("blockdev-del", {"node-name": "d"})


def test_a_write_that_fails_marks_its_bitmap_all_the_same() -> None:
    lab = drive()
    fault(lab, 5)
    lab.bitmap("a", "b")
    lab.execute("blockdev-reopen", {"options": [{**DRIVE, "file": "d"}]})
    with pytest.raises(GuestError):
        lab.write("a", 5, 6)
    assert lab.dirty("a", "b") == [(5, 6)]


@pytest.mark.parametrize(
    ("options", "desc"),
    [
        ({"driver": "qcow2", "file": "f"}, "node-name not specified"),
        ({**DRIVE, "node-name": "nope"}, "Failed to find node with node-name='nope'"),
        ({**DRIVE, "file": "nope"}, "Cannot find device='' nor node-name='nope'"),
        ({**DRIVE, "file": "a"}, "Making 'a' a file child of 'a' would create a cycle"),
        ({**DRIVE, "driver": "raw"}, "Cannot change the option 'driver'"),
    ],
)
def test_what_cannot_be_reopened_is_refused_and_all_stays(options: dict[str, Any], desc: str) -> None:
    lab = drive()
    assert lab.refused("blockdev-reopen", {"options": [options]}) == desc
    assert (lab.find("a").file.name, lab.find("a").read_only) == ("f", False)


WINDOW: dict[str, Any] = {"driver": "raw", "node-name": "w", "file": "g"}


def windowed(**options: int) -> Lab:
    lab = Lab()
    lab.image("g", "raw")
    lab.execute("blockdev-add", {"driver": "file", "filename": "g", "node-name": "g"})
    lab.execute("blockdev-add", {**WINDOW, **options})
    return lab


@pytest.mark.parametrize(("options", "size_bytes"), [({"offset": CLUSTER}, 15 * CLUSTER), ({}, 16 * CLUSTER)])
def test_a_window_is_what_the_last_reopen_said(options: dict[str, Any], size_bytes: int) -> None:
    lab = windowed(offset=512, size=1024)

    lab.execute("blockdev-reopen", {"options": [{**WINDOW, **options}]})

    assert lab.info("w")["image"]["virtual-size"] == size_bytes


@pytest.mark.parametrize(
    ("options", "desc"),
    [
        ({"offset": 1 << 30}, "Offset (1073741824) cannot be greater than size of the containing file (1048576)"),
        ({"size": 1000}, "Specified size is not multiple of 512"),
    ],
)
def test_a_window_that_cannot_be_leaves_the_one_there_was(options: dict[str, Any], desc: str) -> None:
    lab = windowed(size=1024)

    assert lab.refused("blockdev-reopen", {"options": [{**WINDOW, **options}]}) == desc
    assert lab.info("w")["image"]["virtual-size"] == 1024


def test_a_read_only_drive_keeps_its_persistent_bitmaps_from_changing_until_it_is_writable_again() -> None:
    lab = drive()
    lab.bitmap("a", "p", (1, 2), persistent=True)
    lab.bitmap("a", "q", (1, 2))
    lab.execute("blockdev-reopen", {"options": [{**DRIVE, "read-only": True}]})
    desc = "Bitmap 'p' is readonly and cannot be modified"
    assert lab.refused("block-dirty-bitmap-clear", {"node": "a", "name": "p"}) == desc
    lab.execute("block-dirty-bitmap-clear", {"node": "a", "name": "q"})
    lab.execute("blockdev-reopen", {"options": [DRIVE]})
    lab.execute("block-dirty-bitmap-clear", {"node": "a", "name": "p"})


def test_a_reopen_refused_late_leaves_the_bitmap_read_only_on_a_writable_node() -> None:
    lab = drive()
    lab.target("r")
    lab.bitmap("a", "p", persistent=True)
    wrong = {"driver": "raw", "node-name": "r", "file": {"driver": "file", "filename": "nope"}}
    desc = lab.refused("blockdev-reopen", {"options": [{**DRIVE, "read-only": True}, wrong]})
    assert desc == "Cannot change the option 'filename'"
    with pytest.raises(GuestError, match="Operation not permitted"):
        lab.write("a", 0, 1)
    lab.execute("blockdev-reopen", {"options": [DRIVE]})
    lab.write("a", 0, 1)


def test_a_writer_keeps_a_node_writable() -> None:
    lab = drive()
    lab.execute("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "n"}}})
    lab.execute("block-export-add", {"type": "nbd", "id": "e", "node-name": "a", "writable": True})
    desc = lab.refused("blockdev-reopen", {"options": [{**DRIVE, "read-only": True}]})
    assert desc == "Read-only block node 'a' cannot support read-write users"


def test_an_empty_list_kills_qemu() -> None:
    with pytest.raises(BackendLost, match="empty list"):
        drive().execute("blockdev-reopen", {"options": []})


@pytest.mark.parametrize(("version", "pairs"), [((7, 2), (0, 0)), ((10, 0), (1, 0)), ((11, 1), (1, 1))])
def test_a_reopen_pauses_jobs_elsewhere_where_it_locks_the_graph(
    version: tuple[int, int], pairs: tuple[int, int]
) -> None:
    lab = Lab(version=version)
    lab.drive("s0")
    lab.drive("d0")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD))
    lab.settle()
    good = {"driver": "qcow2", "node-name": "d0", "file": {"driver": "file", "filename": "d0"}}

    lab.execute("blockdev-reopen", {"options": [good]})
    assert lab.settle() == ["j0 paused", "j0 running"] * pairs[0]

    lab.refused("blockdev-reopen", {"options": [good, good | {"node-name": "zz"}]})
    assert lab.settle() == ["j0 paused", "j0 running"] * pairs[1]

    lab.refused("blockdev-reopen", {"options": [good | {"node-name": "zz"}]})
    assert lab.settle() == []


def test_a_child_opened_with_a_node_follows_what_that_is_told_of_flushes_and_keeps_it() -> None:
    lab = Lab()
    named = {"driver": "raw", "node-name": "r", "file": "f"}
    lab.execute("blockdev-add", {**named, "file": {"driver": "null-co", "node-name": "f"}})
    shown: list[tuple[bool, bool]] = []
    for cache in ({"no-flush": True}, {}, {"no-flush": False}):
        lab.execute("blockdev-reopen", {"options": [{**named, "cache": cache}]})
        shown.append((lab.info("r")["cache"]["no-flush"], lab.info("f")["cache"]["no-flush"]))
    assert shown == [(True, True), (False, True), (False, False)]


def test_a_child_opened_with_a_node_goes_on_to_discard_after_a_reopen() -> None:
    lab = Lab()
    lab.execute("blockdev-add", {"driver": "raw", "node-name": "r", "file": {"driver": "null-co", "node-name": "f"}})
    lab.execute("blockdev-reopen", {"options": [{"driver": "raw", "node-name": "r", "file": "f"}]})
    assert (lab.find("r").unmap, lab.find("f").unmap) == (False, True)
