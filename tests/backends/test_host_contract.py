"""What every Host promises, on the simulator and on real QEMUs: the same test, the same answer."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import pytest

from tests.backends.contract import CLUSTER, EVERY_BACKEND, World, play
from txsh.backends.base import GuestError, HostUnable, Mismatch

if TYPE_CHECKING:
    from collections.abc import Awaitable

MIB = 1 << 20


async def _errno(request: Awaitable[Any]) -> int:
    with pytest.raises(GuestError) as caught:
        await request
    return caught.value.errno


@EVERY_BACKEND
@pytest.mark.parametrize("image_format", ["qcow2", "raw"])
def test_what_is_written_is_read_and_the_first_other_byte_is_told(name: str, image_format: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d", MIB, image_format)

        await world.host.write("d", CLUSTER, 2 * CLUSTER, 0xAB)

        assert await world.host.read("d", CLUSTER, 2 * CLUSTER, 0xAB) is None
        assert await world.host.read("d", CLUSTER, 3 * CLUSTER, 0xAB) == Mismatch(3 * CLUSTER, 0)
        assert await world.host.read("d", 0, 2 * CLUSTER, 0) == Mismatch(CLUSTER, 0xAB)
        assert await world.host.read("d", 0, MIB, None) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_write_need_not_be_aligned_to_anything(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.host.write("d", 0, CLUSTER, 1)

        await world.host.write("d", 4095, 1026, 2)

        assert await world.host.read("d", 0, CLUSTER, 1) == Mismatch(4095, 2)
        assert await world.host.read("d", 4095, 1026, 2) is None
        assert await world.host.read("d", 5121, 1000, 1) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_request_of_no_length_does_nothing(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.bitmap("d", "b")

        await world.host.write("d", 0, 0, 1)
        await world.host.zero("d", 0, 0, unmap=False)

        assert await world.dirty("d", "b") == []

    play(name, scenario)


@EVERY_BACKEND
def test_a_request_beyond_the_end_is_refused_and_marks_nothing(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.bitmap("d", "b")

        assert await _errno(world.host.write("d", MIB - 512, 1024, 1)) == errno.EINVAL
        assert await _errno(world.host.zero("d", MIB - 512, 1024, unmap=False)) == errno.EINVAL
        assert await _errno(world.host.read("d", MIB - 512, 1024, None)) == errno.EINVAL
        assert await _errno(world.host.discard("d", MIB - 512, 1024)) == errno.EINVAL
        assert await _errno(world.host.write("d", 2 * MIB, 512, 1)) == errno.EINVAL
        assert await world.dirty("d", "b") == []

    play(name, scenario)


@EVERY_BACKEND
def test_a_read_only_node_permits_no_write(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d", read_only=True)

        assert await _errno(world.host.write("d", 0, 512, 1)) == errno.EPERM
        assert await world.host.read("d", 0, 512, 0) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_node_that_does_not_exist_is_named(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        requests: list[Awaitable[object]] = [
            world.host.write("nope", 0, 512, 1),
            world.host.read("nope", 0, 512, None),
            world.host.flush("nope"),
            world.host.extents("nope", "b"),
            world.host.content("nope"),
            world.host.file_offset("nope", 0),
        ]
        for request in requests:
            with pytest.raises(HostUnable, match="nope") as caught:
                await request
            assert caught.value.name == "no-node"
        with pytest.raises(HostUnable, match="nope") as caught:
            await world.host.extents("d", "nope")
        assert caught.value.name == "no-bitmap"

    play(name, scenario)


@EVERY_BACKEND
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EPERM, errno.ENOMEM, errno.EINVAL])
def test_an_error_below_is_the_error_of_the_request(name: str, code: int) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.host.write("d", 0, MIB, 1)
        kinds = ["read", "write", "write-zeroes", "flush"]
        rules = [{"event": "none", "iotype": kind, "errno": code} for kind in kinds]
        await world.run("blockdev-add", driver="blkdebug", node_name="f", image="d", inject_error=rules)

        assert await _errno(world.host.write("f", 0, CLUSTER, 1)) == code
        assert await _errno(world.host.read("f", 0, CLUSTER, 1)) == code
        assert await _errno(world.host.zero("f", 0, CLUSTER, unmap=False)) == code
        assert await _errno(world.host.flush("f")) == code
        assert await world.host.read("d", 0, MIB, 1) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_read_meets_an_error_in_the_middle_and_the_next_one_is_answered(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.host.write("d", 0, 4 * CLUSTER, 1)
        rule = {"event": "none", "iotype": "read", "sector": 2 * CLUSTER // 512}
        await world.run("blockdev-add", driver="blkdebug", node_name="f", image="d", inject_error=[rule])

        assert await _errno(world.host.read("f", 0, 8 * CLUSTER, None)) == errno.EIO
        assert await world.host.read("f", 0, 2 * CLUSTER, 1) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_failed_write_marks_its_range_dirty_all_the_same(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        rule = {"event": "none", "iotype": "write"}
        await world.run("blockdev-add", driver="blkdebug", node_name="f", image="d", inject_error=[rule])
        await world.bitmap("f", "b")

        assert await _errno(world.host.write("f", CLUSTER, CLUSTER, 1)) == errno.EIO

        assert await world.dirty("f", "b") == [(CLUSTER, 2 * CLUSTER)]

    play(name, scenario)


@EVERY_BACKEND
@pytest.mark.parametrize("granularity", [512, 4096, CLUSTER, 2 * MIB])
def test_extents_are_exact_at_every_granularity_and_end_with_the_image(name: str, granularity: int) -> None:
    size = MIB + 3 * 512

    async def scenario(world: World) -> None:
        await world.drive("d", size)
        await world.bitmap("d", "b", granularity=granularity)
        written = [(0, 1), (5 * 4096 - 512, 1024), (300_000, 70_000), (size - 1, 1)]

        for offset, length in written:
            await world.host.write("d", offset, length, 7)

        expected = set()
        for offset, length in written:
            expected |= set(range(offset // granularity, (offset + length - 1) // granularity + 1))
        found = await world.dirty("d", "b")
        assert found[-1][1] == size
        assert {
            index for start, end in found for index in range(start // granularity, -(-end // granularity))
        } == expected
        assert all(start % granularity == 0 for start, _ in found)
        assert (await world.bitmaps("d"))["b"]["count"] == len(expected) * granularity

    play(name, scenario)


@EVERY_BACKEND
def test_looking_at_extents_changes_nothing(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.bitmap("d", "enabled", granularity=4096)
        await world.bitmap("d", "kept", persistent=True)
        await world.host.write("d", 0, 4096, 1)
        await world.bitmap("d", "empty", disabled=True)
        before = await world.bitmaps("d")

        assert await world.dirty("d", "enabled") == [(0, 4096)]
        assert await world.dirty("d", "kept") == [(0, CLUSTER)]
        assert await world.dirty("d", "empty") == []

        assert await world.bitmaps("d") == before
        await world.run("block-dirty-bitmap-remove", node="d", name="enabled")

    play(name, scenario)


@EVERY_BACKEND
def test_extents_are_read_of_a_node_whose_other_bitmap_a_job_holds(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.drive("t")
        await world.bitmap("d", "held")
        await world.bitmap("d", "free")
        await world.host.write("d", 0, 3 * CLUSTER, 1)
        await _start_held_backup(world, bitmap="held")

        assert await world.dirty("d", "free") == [(0, 3 * CLUSTER)]
        await world.host.write("d", 8 * CLUSTER, CLUSTER, 1)
        assert await world.dirty("d", "free") == [(0, 3 * CLUSTER), (8 * CLUSTER, 9 * CLUSTER)]

    play(name, scenario)


@EVERY_BACKEND
def test_zeroes_count_as_written_and_discards_only_where_the_node_takes_them(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("plain")
        await world.drive("unmapping", discard="unmap")
        for node in ("plain", "unmapping"):
            await world.host.write(node, 0, MIB, 1)
            await world.bitmap(node, "b")

            await world.host.zero(node, 0, CLUSTER, unmap=False)
            await world.host.zero(node, CLUSTER, CLUSTER, unmap=True)
            await world.host.discard(node, 8 * CLUSTER, CLUSTER)

            assert await world.host.read(node, 0, 2 * CLUSTER, 0) is None
        assert await world.dirty("plain", "b") == [(0, 2 * CLUSTER)]
        assert await world.dirty("unmapping", "b") == [(0, 2 * CLUSTER), (8 * CLUSTER, 9 * CLUSTER)]

    play(name, scenario)


@EVERY_BACKEND
def test_contents_are_equal_when_every_byte_is(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("a")
        await world.drive("b", MIB, "raw")
        empty = await world.host.content("a")

        await world.host.write("a", 0, CLUSTER, 0)
        await world.host.zero("a", CLUSTER, CLUSTER, unmap=False)
        assert (await world.host.content("a")).first_difference(empty) is None

        for node in ("a", "b"):
            await world.host.write(node, 2 * CLUSTER, 512, 9)
        content = await world.host.content("a")
        assert content.first_difference(await world.host.content("b")) is None
        assert content.first_difference(empty) == 2 * CLUSTER
        assert empty.first_difference(content) == 2 * CLUSTER

        await world.host.write("b", 5 * CLUSTER, 1, 9)
        assert content.first_difference(await world.host.content("b")) == 5 * CLUSTER

    play(name, scenario)


@EVERY_BACKEND
def test_contents_of_other_sizes_differ_where_the_shorter_ends(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("a", MIB)
        await world.drive("b", 2 * MIB)

        assert (await world.host.content("a")).first_difference(await world.host.content("b")) == MIB

    play(name, scenario)


@EVERY_BACKEND
def test_the_content_of_an_overlay_is_that_of_its_chain(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("base")
        await world.host.write("base", 0, 2 * CLUSTER, 1)
        await world.drive("over", backing_file=("base.qcow2", "qcow2"))
        await world.drive("same")

        await world.host.write("over", CLUSTER, CLUSTER, 2)
        await world.host.write("same", 0, CLUSTER, 1)
        await world.host.write("same", CLUSTER, CLUSTER, 2)

        assert await world.host.read("over", 0, CLUSTER, 1) is None
        assert (await world.host.content("over")).first_difference(await world.host.content("same")) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_huge_empty_drive_is_quick(name: str) -> None:
    size = 64 << 40

    async def scenario(world: World) -> None:
        await world.drive("d", size)
        await world.bitmap("d", "b")

        await world.host.write("d", size - CLUSTER, CLUSTER, 1)

        assert await world.dirty("d", "b") == [(size - CLUSTER, size)]
        content = await world.host.content("d")
        await world.host.write("d", 0, 1, 1)
        assert content.first_difference(await world.host.content("d")) == 0

    play(name, scenario)


@EVERY_BACKEND
def test_the_place_in_the_file_is_the_one_of_now(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        assert await world.host.file_offset("d", 0) is None

        await world.host.write("d", 4 * CLUSTER, 2 * CLUSTER, 1)
        first = await world.host.file_offset("d", 4 * CLUSTER)
        assert first is not None
        assert first % CLUSTER == 0
        assert await world.host.file_offset("d", 5 * CLUSTER + 77) == first + CLUSTER + 77
        assert await world.host.file_offset("d", 0) is None

        await world.host.zero("d", 4 * CLUSTER, CLUSTER, unmap=True)
        assert await world.host.file_offset("d", 4 * CLUSTER) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_raw_image_has_everything_where_the_guest_has_it(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d", MIB, "raw")

        assert await world.host.file_offset("d", 12345) == 12345

    play(name, scenario)


@EVERY_BACKEND
def test_the_guest_writes_above_a_job_even_if_it_writes_for_the_first_time(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.drive("t")
        await _start_held_backup(world)

        await world.host.write("d", 8 * CLUSTER, CLUSTER, 5)
        await world.run("block-job-set-speed", device="j", speed=0)
        await world.until_status("j", "null")

        assert await world.host.read("t", 8 * CLUSTER, CLUSTER, 0) is None
        assert await world.host.read("d", 8 * CLUSTER, CLUSTER, 5) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_target_is_read_and_flushed_while_its_job_is_pending(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.drive("t")
        await world.host.write("d", 0, MIB, 3)
        await world.host.write("t", 0, MIB, 4)
        await world.run("blockdev-backup", device="d", target="t", job_id="j", sync="full", auto_finalize=False)
        await world.until_status("j", "pending")

        await world.host.flush("t")
        assert await world.host.read("t", 0, MIB, 3) is None
        assert (await world.host.content("t")).first_difference(await world.host.content("d")) is None
        await world.run("job-finalize", id="j")
        await world.until_status("j", "null")

        await world.host.write("t", 0, MIB, 4)

    play(name, scenario)


@EVERY_BACKEND
def test_a_filter_above_what_is_read_only_is_flushed(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d", read_only=True)
        rule = {"event": "none", "iotype": "flush", "errno": 5}
        await world.run("blockdev-add", driver="blkdebug", node_name="f", image="d", inject_error=[rule])

        await world.host.flush("f")

    play(name, scenario)


async def _start_held_backup(world: World, **options: Any) -> None:
    """A backup of d to t that has copied its first cluster, and no more until its speed is set."""
    sync = "incremental" if "bitmap" in options else "full"
    perf = {"max-workers": 1, "max-chunk": CLUSTER}
    await world.run("blockdev-backup", device="d", target="t", job_id="j", sync=sync, speed=1, x_perf=perf, **options)
