"""The lock on the graph: who waits for whom, and what a change of the graph does to jobs in each version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backends.sim.lab import HELD, ONE_BY_ONE, Lab
from txsh.backends.sim.loop import Coroutine

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

LOCKING = [(10, 0), (11, 1)]


def held(version: tuple[int, int]) -> Lab:
    """A job j0 from s0 to t0 that has copied one cluster and waits; s1 and t1 are free."""
    lab = Lab(version=version)
    for number in range(2):
        lab.drive(f"s{number}")
        lab.target(f"t{number}")
    lab.transaction(lab.backup("j0", **HELD))
    lab.settle()
    return lab


def test_7_2_changes_the_graph_without_a_job_noticing() -> None:
    lab = held((7, 2))
    lab.target("x")
    assert lab.settle() == []


@pytest.mark.parametrize("version", LOCKING)
def test_later_ones_pause_every_job_each_time_the_graph_changes(version: tuple[int, int]) -> None:
    lab = held(version)
    lab.target("x")
    # QEMU looks at the file through a backend that comes and goes; between the two the format takes the file.
    assert lab.settle() == ["j0 paused", "j0 running"] * 3
    lab.execute("blockdev-del", {"node-name": "x"})
    assert lab.settle() == ["j0 paused", "j0 running"] * (2 if version == (10, 0) else 1)


_REFUSED: list[tuple[dict[str, Any], int, int]] = [
    ({"driver": "null-co", "node-name": "1x"}, 1, 1),
    ({"driver": "null-co", "node-name": "x", "latency-ns": -1}, 2, 2),
    ({"driver": "raw", "node-name": "x", "file": "nope"}, 1, 1),
    ({"driver": "raw", "node-name": "s0", "file": "s0"}, 5, 5),
    ({"driver": "raw", "node-name": "x", "file": {"driver": "null-co", "node-name": "s0"}}, 2, 2),
    ({"driver": "raw", "node-name": "x", "file": {"driver": "file", "filename": "f"}, "size": 1}, 6, 5),
    ({"driver": "raw", "node-name": "x", "file": {"driver": "file", "filename": "f"}, "offset": -1}, 5, 4),
    ({"driver": "qcow2", "node-name": "x", "file": {"driver": "file", "filename": "f"}}, 7, 6),
    ({"driver": "blkdebug", "node-name": "s0", "image": "s1"}, 1, 1),
]


@pytest.mark.parametrize(
    ("version", "options", "pauses"),
    [((10, 0), options, pauses) for options, pauses, _ in _REFUSED]
    + [((11, 1), options, pauses) for options, _, pauses in _REFUSED],
)
def test_a_node_that_cannot_be_opened_is_closed_under_the_lock_step_by_step(
    version: tuple[int, int], options: dict[str, Any], pauses: int
) -> None:
    lab = held(version)
    lab.image("f", "raw")
    lab.refused("blockdev-add", options)
    assert lab.settle() == ["j0 paused", "j0 running"] * pauses


@pytest.mark.parametrize("version", LOCKING)
def test_a_job_that_ends_pauses_the_others_and_once_more_when_it_is_freed(version: tuple[int, int]) -> None:
    lab = held(version)
    lab.transaction(lab.backup("j1", "s1", "t1", **ONE_BY_ONE))
    events = lab.settle()
    end = events[events.index("j1 pending") + 1 :]
    assert end == [
        *["j0 paused", "j0 running"] * 3,
        "j1 completed",
        "j1 concluded",
        "j1 null",
        "j0 paused",
        "j0 running",
    ]


def test_a_reader_that_comes_while_somebody_writes_waits_until_that_is_over() -> None:
    lab = Lab(version=(10, 0))
    lock, loop, seen = lab.backend.world.graph_lock, lab.backend.world.loop, []

    def reader() -> Generator[None, None, None]:
        yield from lock.read()
        seen.append("reads")
        lock.read_done()

    with lock.write():
        loop.enter(Coroutine(reader()))
        seen.append("writes")
    assert seen == ["writes", "reads"]


def test_a_writer_waits_until_nobody_reads() -> None:
    lab = Lab(version=(11, 1))
    lock, loop, seen = lab.backend.world.graph_lock, lab.backend.world.loop, []

    def request() -> Generator[None, None, None]:
        yield from loop.sleep_us(5)
        seen.append("read")

    loop.enter(Coroutine(lock.reading(request())))
    with lock.write():
        seen.append("written")
    assert seen == ["read", "written"]
    assert loop.now_us == 5


def test_a_change_inside_a_change_is_part_of_it() -> None:
    lab = held((11, 1))
    lock, locked = lab.backend.world.graph_lock, []
    with lock.write():
        with lock.write_undrained():
            locked.append(lock.writing)
        locked.append(lock.writing)
    locked.append(lock.writing)
    assert locked == [True, True, False]
    assert lab.settle() == ["j0 paused", "j0 running"]


@pytest.mark.parametrize(("version", "drained"), [((10, 0), False), ((11, 1), True)])
def test_only_11_1_keeps_everything_drained_while_the_graph_changes(version: tuple[int, int], drained: bool) -> None:  # noqa: FBT001
    lab = held(version)
    with lab.backend.world.graph_lock.write():
        assert (lab.find("s1").quiesce_count > 0) is drained
    assert lab.find("s1").quiesce_count == 0


def test_a_guest_is_no_change_of_the_graph() -> None:
    lab = held((11, 1))
    lab.write("s1", 0, 1)
    assert lab.settle() == []


@pytest.mark.parametrize("version", LOCKING)
def test_members_of_a_failing_group_are_all_aborting_before_any_is_finalized(version: tuple[int, int]) -> None:
    lab = Lab(version=version)
    for number in range(3):
        lab.drive(f"s{number}")
        lab.target(f"t{number}", inject=[{"event": "none", "iotype": "write", "sector": 640}] if number == 1 else None)
    jobs = [lab.backup(f"j{number}", f"s{number}", f"t{number}", **HELD) for number in range(3)]
    lab.transaction(*jobs, grouped=True)
    lab.settle()
    lab.execute("block-job-set-speed", {"device": "j1", "speed": 0})
    ends = [event for event in lab.settle() if event.split()[1] in ("aborting", "cancelled", "completed")]
    assert sorted(ends[:3]) == ["j0 aborting", "j1 aborting", "j2 aborting"]
    assert ends[3:] == ["j2 cancelled", "j1 completed", "j0 cancelled"]
