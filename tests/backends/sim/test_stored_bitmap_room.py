"""What stored bitmaps take of a qcow2 file: clusters of bits, a table and the list of all, each time in free room."""

from __future__ import annotations

from tests.backends.sim.lab import CLUSTER, MEBIBYTE, Lab

_LIST_SECTOR = 512
"""The list is written as long as it is; what is shown of a file's length is whole sectors."""


def make_lab() -> Lab:
    """An image with one cluster of data and two bitmaps; its file has a node that stays."""
    lab = Lab("qemu-system")
    lab.image("f", "qcow2", 8 * MEBIBYTE)
    lab.execute("blockdev-add", {"driver": "file", "node-name": "f", "filename": "f"})
    open_image(lab)
    for name in ("b0", "b1"):
        lab.execute("block-dirty-bitmap-add", {"node": "s", "name": name, "persistent": True})
    write(lab, 1)
    return lab


def open_image(lab: Lab) -> None:
    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "s", "file": "f"})


def close(lab: Lab) -> None:
    lab.execute("blockdev-del", {"node-name": "s"})


def write(lab: Lab, cluster: int) -> None:
    request = f'qemu-io s "write {cluster * CLUSTER} {CLUSTER}"'
    lab.execute("human-monitor-command", {"command-line": request})


def length(lab: Lab) -> int:
    size: int = lab.info("f")["image"]["virtual-size"]
    return size


def test_bits_tables_and_list_come_behind_the_data_when_the_node_closes() -> None:
    lab = make_lab()
    before = length(lab)

    close(lab)

    assert (before, length(lab)) == (6 * CLUSTER, 10 * CLUSTER + _LIST_SECTOR)


def test_a_clean_bitmap_has_a_table_and_no_bits() -> None:
    lab = make_lab()
    for name in ("b0", "b1"):
        lab.execute("block-dirty-bitmap-clear", {"node": "s", "name": name})

    close(lab)

    assert length(lab) == 8 * CLUSTER + _LIST_SECTOR


def test_bitmaps_that_are_not_persistent_take_no_room() -> None:
    lab = make_lab()
    for name in ("b0", "b1"):
        lab.execute("block-dirty-bitmap-remove", {"node": "s", "name": name})
    lab.execute("block-dirty-bitmap-add", {"node": "s", "name": "b2"})

    close(lab)

    assert length(lab) == 6 * CLUSTER


def test_removing_a_stored_bitmap_writes_the_list_anew() -> None:
    lab = make_lab()
    close(lab)
    open_image(lab)

    lab.execute("block-dirty-bitmap-remove", {"node": "s", "name": "b0"})

    assert length(lab) == 11 * CLUSTER + _LIST_SECTOR


def test_what_is_written_next_goes_where_a_stored_bitmap_was() -> None:
    lab = make_lab()
    close(lab)
    open_image(lab)
    lab.execute("block-dirty-bitmap-remove", {"node": "s", "name": "b0"})

    write(lab, 4)
    after_data = length(lab)
    close(lab)

    # Three clusters were free: one is data now, two have the bits and the table of b1, the list found none.
    assert (after_data, length(lab)) == (11 * CLUSTER + _LIST_SECTOR, 12 * CLUSTER + _LIST_SECTOR)
