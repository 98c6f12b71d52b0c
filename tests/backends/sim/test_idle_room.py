"""Room of a qcow2 image that the disk does not know of reads as zeroes, where QEMU looks for it: below the tables."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, MEBIBYTE, Lab
from txsh.backends.sim.driver.base import ALLOCATED, DATA, ZERO
from txsh.backends.sim.status import status_above

_ROOM = DATA | ALLOCATED
_PAGE = 4096


def make_lab(file_bytes: int, **more: Any) -> Lab:
    """A fresh image of a mebibyte in a file that is longer than it has to be, or not."""
    lab = Lab("qemu-system")
    for options in (
        {"driver": "file", "filename": "f", "size": file_bytes},
        {"driver": "qcow2", "file": "f", "size": MEBIBYTE, **more},
    ):
        lab.execute("blockdev-create", {"job-id": "c", "options": options})
        lab.settle()
        lab.execute("job-dismiss", {"id": "c"})
        if options["driver"] == "file":
            lab.execute("blockdev-add", {"driver": "file", "node-name": "f", "filename": "f"})
    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "s0", "file": "f"})
    lab.settle()
    return lab


def guest(lab: Lab, words: str) -> None:
    lab.execute("human-monitor-command", {"command-line": f'qemu-io s0 "{words}"'})


def pieces(lab: Lab) -> list[tuple[int, int]]:
    """Flags and ends of what a backup sees."""
    node, at, found = lab.find("s0"), 0, []
    while at < MEBIBYTE:
        flags, at = status_above(node, at, MEBIBYTE)
        found.append((flags, at))
    return found


def test_a_write_into_the_middle_of_a_cluster_leaves_holes_around_it_in_pages() -> None:
    lab = make_lab(2 * MEBIBYTE)

    guest(lab, f"write {_PAGE + 512} 512")

    assert pieces(lab) == [
        (_ROOM | ZERO, _PAGE),
        (_ROOM, 2 * _PAGE),
        (_ROOM | ZERO, CLUSTER),
        (ZERO, MEBIBYTE),
    ]


@pytest.mark.parametrize(("length", "end"), [(_PAGE, _PAGE), (2 * _PAGE, CLUSTER)])
def test_what_was_read_of_it_is_a_hole_no_more(length: int, end: int) -> None:
    lab = make_lab(2 * MEBIBYTE)
    guest(lab, "write 0 4096")

    guest(lab, f"read 0 {length}")

    assert pieces(lab)[0] == (_ROOM, end)


def test_nobody_looks_below_when_most_of_the_file_is_in_use() -> None:
    lab = make_lab(0)

    guest(lab, f"write {_PAGE} 512")

    assert pieces(lab) == [(_ROOM, CLUSTER), (ZERO, MEBIBYTE)]


def test_the_first_look_decides_for_as_long_as_the_node_is_open() -> None:
    lab = make_lab(2 * MEBIBYTE)
    guest(lab, f"write 0 {2 * CLUSTER}")
    assert pieces(lab) == [(_ROOM, 2 * CLUSTER), (ZERO, MEBIBYTE)]

    guest(lab, f"write {2 * CLUSTER} 4096")

    assert pieces(lab)[0] == (_ROOM, 3 * CLUSTER)


def test_a_backup_writes_zeroes_for_the_holes_in_large_clusters() -> None:
    lab = make_lab(2 * MEBIBYTE, **{"cluster-size": 4 * CLUSTER})
    guest(lab, "write 0 4096")
    lab.target("t0", MEBIBYTE, inject=[{"event": "none", "iotype": "write-zeroes", "sector": CLUSTER // 512}])

    lab.execute("blockdev-backup", {"device": "s0", "target": "t0", "sync": "top", "job-id": "j0"})

    assert "j0 error" in lab.settle()


def over_faulty_file(lab: Lab, iotype: str, **more: Any) -> None:
    lab.image("s0", "qcow2", **more)
    rules = [{"event": "none", "iotype": iotype}]
    below = {"driver": "blkdebug", "image": {"driver": "file", "filename": "s0"}, "inject-error": rules}
    backing = {"backing": "base"} if more else {}
    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "s0", "file": below, **backing})


@pytest.mark.parametrize(("iotype", "found"), [("write-zeroes", 0), ("discard", 7)])
def test_the_rest_of_a_new_cluster_is_zeroed_below_in_one_request(iotype: str, found: int) -> None:
    lab = Lab("qemu-system")
    over_faulty_file(lab, iotype)

    guest(lab, "write -P 7 0 512")

    assert lab.byte("s0", 0) == found


def test_what_shows_through_from_below_is_copied_and_not_zeroed() -> None:
    lab = Lab("qemu-system")
    lab.drive("base")
    over_faulty_file(lab, "write-zeroes", backing=("base", "qcow2"))

    guest(lab, f"write -P 7 512 {CLUSTER}")

    assert (lab.byte("s0", 0), lab.byte("s0", 1)) == (17, 7)
