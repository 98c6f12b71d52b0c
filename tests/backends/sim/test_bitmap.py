"""Bits: rounding, merging, counting, hashing, states."""

from __future__ import annotations

import hashlib

import pytest

from tests.backends.sim.lab import ABORT, CLUSTER, MEBIBYTE, Lab, action, merge, transaction
from txsh.backends.base import run_now


def drive(size: int = MEBIBYTE) -> Lab:
    lab = Lab()
    lab.drive("s0", size, fill=None)
    return lab


def bytes_dirty(lab: Lab, name: str) -> list[tuple[int, int]]:
    return list(run_now(lab.backend.host.extents("s0", name)))


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, 1, [(0, 4096)]),
        (4095, 2, [(0, 8192)]),
        (4096, 4096, [(4096, 8192)]),
        (MEBIBYTE - 1, 1, [(MEBIBYTE - 4096, MEBIBYTE)]),
        (0, 0, []),
    ],
)
def test_a_write_sets_every_bit_that_it_touches(offset: int, length: int, expected: list[tuple[int, int]]) -> None:
    lab = drive()
    lab.bitmap("s0", "b", granularity=4096)
    run_now(lab.backend.host.write("s0", offset, length, 1))
    assert bytes_dirty(lab, "b") == expected


def test_a_read_sets_nothing_and_zeroes_count_as_a_write() -> None:
    lab = drive()
    lab.bitmap("s0", "b")
    run_now(lab.backend.host.read("s0", 0, CLUSTER, None))
    assert bytes_dirty(lab, "b") == []
    run_now(lab.backend.host.zero("s0", 0, CLUSTER, unmap=False))
    assert bytes_dirty(lab, "b") == [(0, CLUSTER)]


def test_a_disabled_bitmap_records_nothing() -> None:
    lab = drive()
    lab.bitmap("s0", "b", disabled=True)
    lab.write("s0", 0, 1)
    assert bytes_dirty(lab, "b") == []


def test_the_last_bit_may_reach_past_the_end_and_counts_whole() -> None:
    lab = drive()
    lab.bitmap("s0", "b", granularity=2 * MEBIBYTE)
    lab.write("s0", 0, 1)
    assert lab.bitmaps("s0")["b"]["count"] == 2 * MEBIBYTE
    assert bytes_dirty(lab, "b") == [(0, MEBIBYTE)]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (CLUSTER, 4096, [(CLUSTER, 2 * CLUSTER)]),
        (4096, CLUSTER, [(CLUSTER, 2 * CLUSTER)]),
        (512, 512, [(CLUSTER, CLUSTER + 512)]),
    ],
)
def test_a_merge_across_granularities_sets_every_bit_that_is_touched(
    source: int, target: int, expected: list[tuple[int, int]]
) -> None:
    lab = drive()
    lab.bitmap("s0", "x", granularity=source)
    run_now(lab.backend.host.write("s0", CLUSTER, 512, 1))
    lab.bitmap("s0", "y", granularity=target)
    lab.transaction(merge("s0", "y", "x"))
    assert bytes_dirty(lab, "y") == expected


def test_bitmaps_of_different_sizes_do_not_merge() -> None:
    lab = drive()
    lab.drive("s1", 2 * MEBIBYTE, fill=None)
    lab.bitmap("s0", "b")
    lab.bitmap("s1", "b")
    assert lab.refused("transaction", transaction(merge("s0", "b", {"node": "s1", "name": "b"}))) == (
        "Bitmaps are of different sizes (destination size is 1048576, source size is 2097152) and can't be merged"
    )


@pytest.mark.parametrize("granularity", [512, 4096, CLUSTER, MEBIBYTE])
def test_the_hash_is_that_of_the_packed_bits(granularity: int) -> None:
    lab = drive()
    lab.bitmap("s0", "b", granularity=granularity)
    for offset, length in ((512, 70000), (600 * 1024, 1)):
        run_now(lab.backend.host.write("s0", offset, length, 1))
    bits = 0
    for start, end in bytes_dirty(lab, "b"):
        for bit in range(start // granularity, -(-end // granularity)):
            bits |= 1 << bit
    words = max(1, -(-(MEBIBYTE // granularity) // 64))
    expected = hashlib.sha256(bits.to_bytes(words * 8, "little")).hexdigest()
    reply = lab.execute("x-debug-block-dirty-bitmap-sha256", {"node": "s0", "name": "b"})
    assert reply == {"sha256": expected}


@pytest.mark.parametrize(
    ("arguments", "desc"),
    [
        ({"name": ""}, "Bitmap name cannot be empty"),
        ({"granularity": 256}, "Granularity must be power of 2 and at least 512"),
        ({"granularity": 1000}, "Granularity must be power of 2 and at least 512"),
        ({"node": "zz", "granularity": 1}, "Cannot find device='zz' nor node-name='zz'"),
        ({"name": "taken"}, "Bitmap already exists: taken"),
        ({"name": "n" * 1024}, f"Bitmap name too long: {'n' * 1024}"),
        ({"name": "taken", "persistent": True}, "Bitmap already exists: taken"),
        ({"node": "t0", "persistent": True}, "Can't store persistent bitmaps to t0: Operation not supported"),
    ],
)
def test_add_refuses_in_qemus_order(arguments: dict[str, object], desc: str) -> None:
    lab = drive()
    lab.target("t0")
    lab.bitmap("s0", "taken")
    assert lab.refused("block-dirty-bitmap-add", {"node": "s0", "name": "b", **arguments}) == desc


def test_states_are_refused_in_the_order_busy_readonly_inconsistent() -> None:
    lab = drive()
    lab.bitmap("s0", "b")
    bitmap = lab.find("s0").bitmaps[0]
    bitmap.busy = bitmap.readonly = bitmap.inconsistent = True
    texts = []
    for state in ("busy", "readonly", "inconsistent"):
        texts.append(lab.refused("block-dirty-bitmap-clear", {"node": "s0", "name": "b"}))
        setattr(bitmap, state, False)
    assert texts == [
        "Bitmap 'b' is currently in use by another operation and cannot be used",
        "Bitmap 'b' is readonly and cannot be modified",
        "Bitmap 'b' is inconsistent and cannot be used",
    ]


@pytest.mark.parametrize(("cluster", "expected"), [(512, 4096), (4096, 4096), (16384, 16384), (131072, 65536)])
def test_the_default_granularity_is_the_cluster_size_within_bounds(cluster: int, expected: int) -> None:
    lab = Lab()
    lab.image("s0", "qcow2", cluster_bytes=cluster)
    lab.open("qcow2", "s0")
    lab.bitmap("s0", "b")
    assert lab.bitmaps("s0")["b"]["granularity"] == expected


def test_persistent_bitmaps_come_back_after_a_quit_and_inconsistent_after_a_kill() -> None:
    lab = drive()
    lab.bitmap("s0", "p", (1, 3), persistent=True)
    lab.bitmap("s0", "q", (2, 4), persistent=True, disabled=True)
    lab.bitmap("s0", "gone", (5, 6))
    lab.backend = lab.backend.restart("quit")
    lab.open("qcow2", "s0")
    assert (lab.dirty("s0", "p"), lab.dirty("s0", "q")) == ([(1, 3)], [(2, 4)])
    assert {name: info["recording"] for name, info in lab.bitmaps("s0").items()} == {"p": True, "q": False}

    lab.backend = lab.backend.restart("killed")
    lab.open("qcow2", "s0")
    info = lab.bitmaps("s0")["p"]
    assert (info["inconsistent"], info["count"], info["recording"]) == (True, 0, False)
    lab.transaction(action("remove", "s0", "p"))
    assert list(lab.bitmaps("s0")) == ["q"]


def test_a_removal_that_is_undone_keeps_a_persistent_bitmap_through_a_quit() -> None:
    lab = drive()
    lab.bitmap("s0", "p", (1, 3), persistent=True)
    lab.refused("transaction", transaction(action("remove", "s0", "p"), ABORT))
    lab.backend = lab.backend.restart("quit")
    lab.open("qcow2", "s0")
    assert lab.dirty("s0", "p") == [(1, 3)]
