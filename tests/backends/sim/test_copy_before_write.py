"""Guest writes while a backup runs, and what becomes of its bitmap."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, HELD, ONE_BY_ONE, Lab
from txsh.backends.base import GuestError, run_now
from txsh.backends.sim.loop import Coroutine

FAULT = {"event": "none", "iotype": "write", "errno": 5}


def held(**options: Any) -> Lab:
    """A full backup of a drive full of 17, held after its first cluster."""
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **{**HELD, **options}))
    lab.settle()
    return lab


def test_a_write_to_what_is_still_to_be_copied_saves_the_old_bytes_and_counts_as_progress() -> None:
    lab = held()
    assert lab.job("j0")["offset"] == CLUSTER
    lab.write("s0", 5, 6)
    assert (lab.byte("t0", 5), lab.byte("s0", 5)) == (17, 0xAA)
    assert lab.job("j0")["offset"] == 2 * CLUSTER


def test_a_write_to_what_was_copied_copies_nothing() -> None:
    lab = held()
    lab.write("s0", 0, 1)
    assert (lab.byte("t0", 0), lab.byte("s0", 0)) == (17, 0xAA)
    assert lab.job("j0")["offset"] == CLUSTER


def test_a_small_write_saves_its_whole_cluster_once() -> None:
    lab = held()
    for offset in (0, 4096):
        run_now(lab.backend.host.write("s0", 7 * CLUSTER + offset, 512, 1))
    assert lab.job("j0")["offset"] == 2 * CLUSTER


def test_the_target_holds_what_the_source_held_at_the_start() -> None:
    lab = held()
    lab.write("s0", 2, 9)
    lab.execute("block-job-set-speed", {"device": "j0", "speed": 0})
    assert lab.settle()[-1] == "j0 null"
    assert {lab.byte("t0", cluster) for cluster in range(16)} == {17}


def test_a_target_that_fails_fails_the_guest_and_not_the_job() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0", inject=[{**FAULT, "sector": 5 * 128}])
    lab.transaction(lab.backup("j0", **HELD))
    lab.settle()
    with pytest.raises(GuestError, match="Input/output error"):
        lab.write("s0", 5, 6)
    assert lab.byte("s0", 5) == 17
    assert lab.job("j0")["status"] == "running"


def test_a_write_waits_for_the_chunk_under_way_in_its_place() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **ONE_BY_ONE))
    world = lab.backend.world
    top = next(node for node in world.nodes if node.driver.name == "copy-before-write")
    order: list[str] = []
    write = Coroutine(top.write([(0, CLUSTER, 0xAA)]))
    world.loop.enter(write)
    while not write.finished:
        world.loop.advance()
        order.append(f"{lab.byte_now('t0')} {lab.byte_now('s0')}")
    assert order[-1] == "17 170"
    assert "0 170" not in order


def test_the_filter_goes_with_the_job() -> None:
    lab = held()
    assert lab.find("s0").parents
    lab.execute("job-cancel", {"id": "j0"})
    lab.settle()
    assert not lab.find("s0").parents
    assert [node.name for node in lab.backend.world.nodes if node.driver.name == "copy-before-write"] == []


B = [(0, 3), (6, 8), (12, 13)]
WRITES = ((1, 2), (10, 11), (12, 13))
CASES: list[tuple[str, str, str, list[tuple[int, int]]]] = [
    ("bitmap", "on-success", "ok", [(1, 2), (10, 11), (12, 13)]),
    ("bitmap", "on-success", "cancel", [(0, 3), (6, 8), (10, 11), (12, 13)]),
    ("bitmap", "never", "ok", [(0, 3), (6, 8), (10, 11), (12, 13)]),
    ("bitmap", "never", "cancel", [(0, 3), (6, 8), (10, 11), (12, 13)]),
    ("bitmap", "always", "ok", [(1, 2), (10, 11), (12, 13)]),
    ("bitmap", "always", "cancel", [(1, 3), (6, 8), (10, 11), (12, 13)]),
    ("full", "on-success", "ok", [(1, 2), (10, 11), (12, 13)]),
    ("full", "on-success", "cancel", [(0, 3), (6, 8), (10, 11), (12, 13)]),
    ("full", "always", "ok", [(1, 2), (10, 11), (12, 13)]),
    ("full", "always", "cancel", [(1, 16)]),
]


@pytest.mark.parametrize(("sync", "mode", "end", "expected"), CASES)
def test_the_bitmap_ends_as_the_table_of_modes_says(
    sync: str, mode: str, end: str, expected: list[tuple[int, int]]
) -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.bitmap("s0", "b", *B)
    lab.transaction(lab.backup("j0", sync=sync, bitmap="b", **{"bitmap-mode": mode}, **HELD))
    lab.settle()
    for first, last in WRITES:
        lab.write("s0", first, last)
    if end == "ok":
        lab.execute("block-job-set-speed", {"device": "j0", "speed": 0})
    else:
        lab.execute("job-cancel", {"id": "j0"})
    assert lab.settle()[-1] == "j0 null"
    assert lab.dirty("s0", "b") == expected


def test_a_consumed_bitmap_stands_first_from_then_on() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    for name in ("b", "c"):
        lab.bitmap("s0", name, (1, 2))
    assert list(lab.bitmaps("s0")) == ["c", "b"]
    lab.transaction(lab.backup("j0", sync="incremental", bitmap="b"))
    lab.settle()
    assert list(lab.bitmaps("s0")) == ["b", "c"]


def test_a_disabled_bitmap_is_consumed_and_stays_disabled() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.bitmap("s0", "b", (1, 3), disabled=True)
    lab.transaction(lab.backup("j0", sync="incremental", bitmap="b", **HELD))
    lab.settle()
    lab.write("s0", 4, 5)
    lab.execute("block-job-set-speed", {"device": "j0", "speed": 0})
    lab.settle()
    assert (lab.dirty("s0", "b"), lab.bitmaps("s0")["b"]["recording"]) == ([], False)


def test_an_empty_bitmap_ends_before_the_reply() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.bitmap("s0", "b")
    lab.transaction(lab.backup("j0", sync="incremental", bitmap="b"))
    assert lab.execute("query-jobs") == []
    assert lab.events(lab.backend.now_us())[-3:] == ["j0 completed", "j0 concluded", "j0 null"]


def test_a_target_that_backs_on_the_source_keeps_showing_the_moment_of_the_start() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.image("over", "qcow2", backing=("s0", "qcow2"))
    lab.open("qcow2", "over", backing="s0")
    lab.transaction(lab.backup("j0", target="over", sync="none"))
    lab.settle()
    assert lab.find("over").backing is lab.find("s0")
    lab.write("s0", 4, 5)
    assert (lab.byte("s0", 4), lab.byte("over", 4), lab.byte("over", 5)) == (0xAA, 17, 17)
    lab.execute("job-cancel", {"id": "j0"})
    assert lab.settle()[-1] == "j0 null"


def test_a_request_past_the_end_is_refused_whole() -> None:
    lab = held()
    host = lab.backend.host
    with pytest.raises(GuestError, match="Invalid argument"):
        lab.write("s0", 15, 17)
    with pytest.raises(GuestError, match="Invalid argument"):
        run_now(host.read("s0", 15 * CLUSTER, 2 * CLUSTER, None))
    assert (lab.byte("s0", 15), lab.job("j0")["offset"]) == (17, CLUSTER)
