"""A qcow2 node answers for the piece of an L2 table that is in memory: who asks for block status learns no more."""

from __future__ import annotations

from tests.backends.sim.lab import CLUSTER, MEBIBYTE, Lab
from txsh.backends.sim.driver.base import ZERO
from txsh.backends.sim.status import status_above

_NO_ZEROES = [{"event": "none", "iotype": "write-zeroes"}]


def make_lab(cluster_bytes: int, size_bytes: int = MEBIBYTE) -> Lab:
    lab = Lab()
    lab.image("s0", "qcow2", size_bytes, cluster_bytes=cluster_bytes)
    lab.open("qcow2", "s0")
    lab.target("t0", size_bytes, inject=_NO_ZEROES)
    return lab


def test_zeroes_of_a_table_that_is_shorter_than_a_copied_cluster_are_copied_as_data() -> None:
    lab = make_lab(512)

    lab.execute("blockdev-backup", lab.backup("j0")["data"])

    assert "j0 error" not in lab.settle()


def test_zeroes_of_longer_tables_are_zeroed() -> None:
    lab = make_lab(1024)

    lab.execute("blockdev-backup", lab.backup("j0")["data"])

    assert "j0 error" in lab.settle()


def test_zeroes_are_seen_to_the_end_of_a_table_and_where_it_is_asked_for_to_their_own() -> None:
    lab = make_lab(4096, 8 * MEBIBYTE)
    node = lab.find("s0")

    piece = status_above(node, CLUSTER, 8 * MEBIBYTE)
    whole = status_above(node, CLUSTER, 8 * MEBIBYTE, whole=True)

    assert (piece, whole) == ((ZERO, 2 * MEBIBYTE), (ZERO, 8 * MEBIBYTE))


def test_tables_that_do_not_fit_into_the_cache_are_looked_at_in_smaller_pieces() -> None:
    lab = make_lab(CLUSTER, 1 << 40)

    assert status_above(lab.find("s0"), 0, 1 << 40) == (ZERO, 32 * MEBIBYTE)


def test_a_window_stops_where_its_image_does() -> None:
    lab = make_lab(512)
    lab.execute(
        "blockdev-add", {"driver": "raw", "node-name": "w0", "file": "s0", "offset": 4096, "size": MEBIBYTE // 2}
    )

    assert status_above(lab.find("w0"), 0, MEBIBYTE // 2) == (ZERO, 32768 - 4096)
