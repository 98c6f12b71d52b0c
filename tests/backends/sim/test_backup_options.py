"""Ways of copying that a backup can be told: compressed, in larger clusters, discarding; and when a save fails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, HELD, MEBIBYTE, ONE_BY_ONE, Lab
from txsh.backends.base import BackendLost, GuestError

NEWEST = (11, 1)


def lab_of(version: tuple[int, int] = NEWEST, **options: Any) -> Lab:
    lab = Lab(version=version)
    lab.drive("s0", **{name.replace("_", "-"): value for name, value in options.items()})
    lab.target("t0", image_format="qcow2")
    return lab


def backup(lab: Lab, **options: Any) -> dict[str, Any]:
    """A backup as an action; an underscore stands for QMP's hyphen."""
    return lab.backup("j0", **{name.replace("_", "-"): value for name, value in options.items()})


def copied(lab: Lab, job: str = "j0") -> int:
    offset: int = lab.job(job)["offset"]
    return offset


def test_compressed_chunks_are_single_clusters() -> None:
    lab = lab_of()
    lab.transaction(lab.backup("j0", speed=1, compress=True))
    lab.settle()
    assert copied(lab) == CLUSTER


def test_without_compression_a_chunk_is_a_mebibyte() -> None:
    lab = lab_of()
    lab.drive("big", size=4 * MEBIBYTE)
    lab.target("u0", size=4 * MEBIBYTE)
    lab.transaction(lab.backup("j0", "big", "u0", speed=1))
    lab.settle()
    assert copied(lab) == MEBIBYTE


def test_what_the_file_system_copies_goes_in_longer_chunks_after_the_first() -> None:
    lab = lab_of()
    lab.drive("big", size=4 * MEBIBYTE)
    lab.target("u0", size=4 * MEBIBYTE)
    performance = {"use-copy-range": True, "max-workers": 1}
    lab.transaction(backup(lab, source="big", target="u0", speed=1, x_perf=performance))
    lab.settle()
    assert copied(lab) == MEBIBYTE
    lab.execute("block-job-set-speed", {"device": "j0", "speed": 2 * MEBIBYTE})
    while (event := lab.raw_events(lab.backend.now_us() + 10)) == []:
        assert copied(lab) in (MEBIBYTE, 4 * MEBIBYTE)
    assert event[0].data["status"] == "waiting"


def test_a_filter_that_cannot_copy_ranges_has_it_read_and_written() -> None:
    lab = lab_of()
    lab.drive("big", size=4 * MEBIBYTE)
    lab.target("u0", size=4 * MEBIBYTE, inject=[{"event": "none", "iotype": "write", "sector": 4096}])
    performance = {"use-copy-range": True, "max-workers": 1}
    lab.transaction(backup(lab, source="big", target="u0", x_perf=performance))
    events = lab.raw_events()
    assert [event.data["offset"] for event in events if event.name == "BLOCK_JOB_COMPLETED"] == [2 * MEBIBYTE]


def test_a_compressed_cluster_goes_only_where_there_is_none() -> None:
    lab = lab_of()
    lab.write("t0", 5, 6)
    lab.transaction(lab.backup("j0", compress=True, **ONE_BY_ONE))
    assert lab.settle()[-5:] == ["j0 error", "j0 aborting", "j0 completed", "j0 concluded", "j0 null"]


def test_raw_takes_no_compressed_writes() -> None:
    lab = lab_of()
    lab.target("u0")
    action = lab.backup("j0", target="u0", compress=True)
    assert lab.refused("blockdev-backup", action["data"]) == "Compression is not supported for this drive "


def test_compressed_data_reads_as_what_it_was() -> None:
    lab = lab_of()
    lab.transaction(lab.backup("j0", compress=True))
    lab.settle()
    assert lab.same("s0", "t0")


@pytest.mark.parametrize(
    ("least", "total"),
    [(0, MEBIBYTE), (4096, MEBIBYTE), (131072, MEBIBYTE), (1 << 22, 1 << 22)],
)
def test_clusters_are_at_least_as_large_as_asked(least: int, total: int) -> None:
    lab = lab_of()
    lab.transaction(backup(lab, sync="none", x_perf={"min-cluster-size": least}))
    lab.write("s0", 3, 4)
    assert copied(lab) == max(least, CLUSTER)
    assert lab.job("j0")["len"] == total


@pytest.mark.parametrize(
    ("least", "desc"),
    [
        (3, "Could not create node: Cannot create block-copy-state: min-cluster-size needs to be a power of 2"),
        (1 << 63, "min-cluster-size too large: 9223372036854775808 > 9223372036854775807"),
    ],
)
def test_not_every_size_is_one_of_a_cluster(least: int, desc: str) -> None:
    lab = lab_of()
    data = backup(lab, x_perf={"min-cluster-size": least})["data"]
    assert lab.refused("blockdev-backup", data) == desc
    assert [node.name for node in lab.backend.world.nodes if node.driver.name == "copy-before-write"] == []


@pytest.mark.parametrize("least", [1 << 28, 1 << 31, 1 << 40])
def test_clusters_without_memory_or_bitmap_kill_qemu(least: int) -> None:
    lab = lab_of()
    with pytest.raises(BackendLost):
        lab.transaction(backup(lab, x_perf={"min-cluster-size": least}))


def test_what_is_copied_is_discarded_in_the_source_and_its_bitmaps_know() -> None:
    lab = lab_of(discard="unmap")
    lab.bitmap("s0", "b")
    lab.transaction(backup(lab, discard_source=True, **HELD))
    lab.settle()
    assert lab.dirty("s0", "b") == [(0, 1)]
    assert lab.byte("s0", 0) == 0
    assert lab.byte("s0", 1) == 17
    lab.execute("block-job-set-speed", {"device": "j0", "speed": 0})
    lab.settle()
    assert lab.byte("t0", 0) == lab.byte("t0", 15) == 17


def test_a_source_opened_without_unmap_keeps_what_is_discarded() -> None:
    lab = lab_of()
    lab.bitmap("s0", "b")
    lab.transaction(backup(lab, discard_source=True))
    lab.settle()
    assert lab.dirty("s0", "b") == []
    assert lab.same("s0", "t0")


def test_a_read_only_source_cannot_be_discarded() -> None:
    lab = lab_of(read_only=True)
    data = backup(lab, discard_source=True)["data"]
    assert lab.refused("blockdev-backup", data) == "Block node is read-only"
    assert lab.settle() == ["j0 created", "j0 null"]


def failing(mode: str) -> Lab:
    """A backup held after its first cluster, whose target cannot take cluster 10 once."""
    lab = Lab(version=NEWEST)
    lab.drive("s0")
    lab.target("t0", inject=[{"event": "none", "iotype": "write", "errno": 28, "sector": 1280, "once": True}])
    lab.transaction(backup(lab, on_cbw_error=mode, **HELD))
    lab.settle()
    return lab


def test_a_save_that_fails_fails_the_guest_unless_told_otherwise() -> None:
    lab = failing("break-guest-write")
    with pytest.raises(GuestError):
        lab.write("s0", 10, 11)
    lab.write("s0", 11, 12)
    assert copied(lab) == 2 * CLUSTER


def test_a_broken_snapshot_saves_nothing_more_and_the_backup_ends_well() -> None:
    lab = failing("break-snapshot")
    lab.write("s0", 10, 11)
    lab.write("s0", 11, 12)
    assert copied(lab) == CLUSTER
    lab.execute("block-job-set-speed", {"device": "j0", "speed": 0})
    assert lab.settle()[-3:] == ["j0 completed", "j0 concluded", "j0 null"]
    assert lab.byte("t0", 10) == lab.byte("t0", 11) == 0xAA


@pytest.mark.parametrize(
    ("version", "unknown"),
    [((7, 2), "discard-source"), ((7, 2), "on-cbw-error"), ((10, 0), "on-cbw-error")],
)
def test_older_versions_do_not_know_all_of_them(version: tuple[int, int], unknown: str) -> None:
    lab = lab_of(version)
    value = True if unknown == "discard-source" else "break-snapshot"
    data = backup(lab, **{unknown: value})["data"]
    assert lab.refused("blockdev-backup", data) == f"Parameter '{unknown}' is unexpected"


@pytest.mark.parametrize(("version", "on_source"), [((7, 2), 2), ((10, 0), 1), (NEWEST, 1)])
def test_the_copy_bitmap_belongs_to_the_source_in_7_2_alone(version: tuple[int, int], on_source: int) -> None:
    lab = lab_of(version)
    lab.bitmap("s0", "b", (0, 4))
    lab.transaction(backup(lab, sync="bitmap", bitmap="b", bitmap_mode="never", **HELD))
    nameless = [each for each in lab.info("s0")["dirty-bitmaps"] if "name" not in each]
    assert len(nameless) == on_source
