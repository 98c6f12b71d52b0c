"""Long runs of zeroes are reckoned: the cost does not follow the size, and nobody can see a difference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, MEBIBYTE, Lab
from txsh.backends.base import run_now

TEBIBYTE = 1 << 40
FOUR_WORKERS: dict[str, Any] = {"x-perf": {"max-workers": 4}}
WAVE_US = 100
WAVE_BYTES = 4 * MEBIBYTE


def sparse(size: int, target: str = "raw", **options: Any) -> Lab:
    """A full backup of a drive with one MiB of data at 5 MiB; into a raw file each write of zeroes is a request."""
    lab = Lab()
    lab.drive("s0", size, fill=None)
    run_now(lab.backend.host.write("s0", 5 * MEBIBYTE, MEBIBYTE, 7))
    lab.target("t0", size, target)
    lab.bitmap("s0", "b")
    lab.transaction(lab.backup("j0", **{**FOUR_WORKERS, **options}))
    return lab


def steps(size: int, target: str) -> int:
    lab = sparse(size, target)
    lab.events()
    return lab.backend.world.loop.steps


def test_a_64_tib_drive_takes_the_steps_of_a_64_mib_one() -> None:
    assert steps(64 * TEBIBYTE, "raw") == steps(64 * MEBIBYTE, "raw")


def test_a_qcow2_target_of_64_tib_takes_hardly_more_steps() -> None:
    # The small one has all its tables after the first write; the large one has to make more.
    assert steps(64 * TEBIBYTE, "qcow2") <= steps(64 * MEBIBYTE, "qcow2") + 2


def test_zeroes_take_no_time_where_a_qcow2_target_has_its_tables() -> None:
    lab = Lab()
    lab.drive("s0", 256 * MEBIBYTE, fill=None)
    lab.target("t0", 256 * MEBIBYTE, "qcow2")
    run_now(lab.backend.host.write("t0", 0, CLUSTER, 7))
    start_us = lab.backend.now_us()
    lab.transaction(lab.backup("j0"))
    assert lab.events(start_us)[-1] == "j0 null"


def test_what_was_reckoned_is_what_was_copied() -> None:
    lab = sparse(256 * MEBIBYTE)
    completed = next(event for event in lab.raw_events() if event.name == "BLOCK_JOB_COMPLETED")
    assert (completed.data["offset"], completed.data["len"]) == (256 * MEBIBYTE, 256 * MEBIBYTE)
    assert lab.same("s0", "t0")


@pytest.mark.parametrize("pause_us", [1, 37, 100, 250])
def test_looking_changes_no_event_and_no_moment(pause_us: int) -> None:
    unseen = sparse(128 * MEBIBYTE).raw_events()
    lab = sparse(128 * MEBIBYTE)
    seen = []
    while lab.execute("query-jobs"):
        seen += lab.raw_events(lab.backend.now_us() + pause_us)
    assert [tuple(event) for event in seen] == [tuple(event) for event in unseen]
    assert lab.same("s0", "t0")


def test_progress_seen_midway_is_whole_waves() -> None:
    lab = sparse(256 * MEBIBYTE)
    offsets = set()
    while lab.execute("query-jobs"):
        offsets.add(lab.job("j0")["offset"])
        assert lab.job("j0")["len"] == 256 * MEBIBYTE
        lab.raw_events(lab.backend.now_us() + WAVE_US // 2)
    assert len(offsets) > 20
    assert all(offset % MEBIBYTE == 0 for offset in offsets)


def test_a_guest_write_midway_saves_what_is_not_yet_copied() -> None:
    lab = sparse(256 * MEBIBYTE)
    lab.raw_events(lab.backend.now_us() + 5 * WAVE_US)
    before = lab.job("j0")["offset"]
    assert 0 < before < 200 * MEBIBYTE
    run_now(lab.backend.host.write("s0", 200 * MEBIBYTE, CLUSTER, 9))
    bitmap = lab.backend.world.jobs[0].driver.copy.copy_bitmap.bits  # type: ignore[attr-defined]
    assert not bitmap.overlaps(200 * MEBIBYTE, 200 * MEBIBYTE + CLUSTER)
    lab.raw_events()
    assert lab.byte("t0", 200 * 16) == 0
    assert lab.byte("s0", 200 * 16) == 9


def test_a_cancel_midway_leaves_the_rest_uncopied() -> None:
    lab = sparse(256 * MEBIBYTE, bitmap="b", **{"bitmap-mode": "always"})
    lab.raw_events(lab.backend.now_us() + 10 * WAVE_US)
    lab.execute("job-cancel", {"id": "j0"})
    cancelled = next(event for event in lab.raw_events() if event.name == "BLOCK_JOB_CANCELLED")
    offset = cancelled.data["offset"]
    assert 0 < offset < 256 * MEBIBYTE
    assert lab.bitmaps("s0")["b"]["count"] == 256 * MEBIBYTE - offset


def test_a_pause_midway_waits_for_one_wave() -> None:
    lab = sparse(256 * MEBIBYTE)
    lab.raw_events(lab.backend.now_us() + 10 * WAVE_US + WAVE_US // 2)
    before_us, before = lab.backend.now_us(), lab.job("j0")["offset"]
    lab.execute("job-pause", {"id": "j0"})
    lab.raw_events(before_us + 10 * WAVE_US)
    assert lab.job("j0")["status"] == "paused"
    assert lab.job("j0")["offset"] == before + WAVE_BYTES
    lab.execute("job-resume", {"id": "j0"})
    assert lab.settle()[-1] == "j0 null"
    assert lab.same("s0", "t0")


def test_a_rule_on_the_target_is_never_reckoned_over() -> None:
    lab = Lab()
    lab.drive("s0", 256 * MEBIBYTE, fill=None)
    sector = 200 * MEBIBYTE // 512
    rule = {"event": "none", "iotype": "write-zeroes", "errno": 5, "sector": sector}
    lab.target("t0", 256 * MEBIBYTE, inject=[rule])
    lab.transaction(lab.backup("j0", **FOUR_WORKERS))
    assert "j0 error" in lab.events()


def test_a_null_target_takes_no_time_whatever_the_size() -> None:
    lab = Lab()
    lab.drive("s0", 64 * TEBIBYTE, fill=None)
    lab.execute("blockdev-add", {"driver": "null-co", "node-name": "t0", "size": 64 * TEBIBYTE})
    lab.transaction(lab.backup("j0"))
    assert lab.events(lab.backend.now_us())[-1] == "j0 null"
    assert lab.backend.now_us() == 0


def test_zeroes_that_take_no_time_do_not_wait_for_the_chunks_before_them() -> None:
    lab = Lab(version=(11, 1))
    size = 8 * MEBIBYTE
    lab.image("s0", "qcow2", size)
    lab.backend.host.write_image("s0", 0, 2 * MEBIBYTE, 17)
    lab.open("qcow2", "s0-good", "s0")
    rule = {"event": "none", "iotype": "read", "sector": 256}
    lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "s0", "image": "s0-good", "inject-error": [rule]})
    lab.target("t0", size, "qcow2")
    lab.transaction(lab.backup("j0", "s0-good"))
    lab.settle()
    # The tables are there now. QEMU has begun all chunks before it hears that the first has failed.
    lab.transaction(lab.backup("j0"))
    ends = [event.data["offset"] for event in lab.raw_events() if event.name == "BLOCK_JOB_COMPLETED"]
    assert ends == [7 * MEBIBYTE]


@pytest.mark.parametrize("mebibytes", [2, 3, 7, 64, 65])
@pytest.mark.parametrize("data", [(), (0,), (3,), (1, 4)], ids=str)
def test_one_wave_reckoned_tells_the_same_as_going_through_its_chunks(
    data: tuple[int, ...], mebibytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[Any]:
        lab = Lab()
        lab.drive("s0", mebibytes * MEBIBYTE, fill=None)
        for place in data:
            if place < mebibytes:
                run_now(lab.backend.host.write("s0", place * MEBIBYTE, CLUSTER, 7))
        lab.target("t0", mebibytes * MEBIBYTE, "raw")
        lab.transaction(lab.backup("j0"))
        # Somebody looks, and writes, in the middle.
        before = lab.raw_events(lab.backend.now_us() + 150)
        run_now(lab.backend.host.write("s0", 2 * MEBIBYTE - CLUSTER, CLUSTER, 9))
        events = [*before, *lab.raw_events()]
        held = run_now(lab.backend.host.content("t0")).runs
        return [held, *((event.time_us, event.name, dict(event.data)) for event in events)]

    reckoned = told()
    monkeypatch.setattr("txsh.backends.sim.bulk.uniform_zeroes", lambda *_: None)
    assert reckoned == told()


@pytest.mark.parametrize("size", [3 * MEBIBYTE + CLUSTER, 8 * MEBIBYTE, 8 * MEBIBYTE + CLUSTER // 2, 65 * MEBIBYTE])
@pytest.mark.parametrize("max_chunk", [0, 100_000, 3 * CLUSTER])
@pytest.mark.parametrize("driver", ["qcow2", "raw"])
@pytest.mark.parametrize("options", [{}, {"speed": 10 * MEBIBYTE}], ids=["fast", "slow"])
def test_zeroes_between_data_reckoned_tell_the_same_as_going_through_their_chunks(
    size: int, max_chunk: int, driver: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**options, "x-perf": {"max-chunk": max_chunk}}

    def told() -> list[Any]:
        lab = Lab()
        lab.drive("s0", size, fill=None)
        for start in range(CLUSTER, size - CLUSTER, 2 * MEBIBYTE - CLUSTER):
            run_now(lab.backend.host.write("s0", start, CLUSTER, 7))
        lab.target("t0", size, driver)
        run_now(lab.backend.host.write("t0", 0, CLUSTER, 9))
        lab.transaction(lab.backup("j0", **options))
        before = lab.raw_events(lab.backend.now_us() + 150)
        progress = lab.job("j0")
        # A guest's write of many chunks saves what it overwrites, beside the job.
        run_now(lab.backend.host.write("s0", 0, size - size % (2 * MEBIBYTE), 5))
        events = [*before, *lab.raw_events()]
        held = [run_now(lab.backend.host.content("t0")).runs, lab.execute("query-named-block-nodes"), progress]
        return [held, *((event.time_us, event.name, dict(event.data)) for event in events)]

    reckoned = told()
    monkeypatch.setattr("txsh.backends.sim.bulk.uniform_zeroes", lambda *_: None)
    assert reckoned == told()
