"""Runs and allocation against the plainest model there is: a list with one entry per unit."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from txsh.backends.sim.allocation import ZERO, Allocation
from txsh.backends.sim.content import NodeContent, Runs

SIZE = 24
RANGES = st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).map(lambda pair: (min(pair), max(pair)))
WRITES = st.lists(st.tuples(RANGES, st.sampled_from([None, 0, 1, 2])), max_size=12)
CLUSTER = 512


@settings(max_examples=300, deadline=None)
@given(WRITES)
def test_runs_hold_what_was_written_last(writes: list[tuple[tuple[int, int], int | None]]) -> None:
    runs, plain = Runs(), [None] * SIZE
    for (start, end), value in writes:
        runs.write(start, end, value)
        plain[start:end] = [value] * (end - start)  # type: ignore[list-item]
    assert [value for start, end, value in runs.runs(0, SIZE) for _ in range(start, end)] == plain
    found = list(runs.runs(0, SIZE))
    assert all(one[2] != two[2] for one, two in pairwise(found)), "neighbours are joined"
    stored = runs.stored()
    assert [any(start <= unit < end for start, end in stored) for unit in range(SIZE)] == [
        value is not None for value in plain
    ]
    assert all(one[1] < two[0] for one, two in pairwise(stored)), "ranges are apart"


@settings(max_examples=200, deadline=None)
@given(WRITES, WRITES)
def test_contents_differ_where_their_bytes_first_differ(
    one: list[tuple[tuple[int, int], int | None]], two: list[tuple[tuple[int, int], int | None]]
) -> None:
    contents, plains = [], []
    for writes in (one, two):
        runs, plain = Runs(), [0] * SIZE
        for (start, end), value in writes:
            runs.write(start, end, value)
            plain[start:end] = [value or 0] * (end - start)
        contents.append(NodeContent(SIZE, list(runs.runs(0, SIZE))))
        plains.append(plain)
    expected = next((offset for offset in range(SIZE) if plains[0][offset] != plains[1][offset]), None)
    assert contents[0].first_difference(contents[1]) == expected


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(RANGES, st.booleans()), max_size=10))
def test_allocation_gives_each_cluster_a_place_of_its_own(steps: list[tuple[tuple[int, int], bool]]) -> None:
    allocation = Allocation(CLUSTER, 64 * CLUSTER)
    plain: list[int | None] = [None] * SIZE
    for (start, end), zero in steps:
        if zero:
            allocation.put_zero(start * CLUSTER, end * CLUSTER, unmap=True) if start < end else None
            plain[start:end] = [ZERO] * (end - start)
            continue
        for cluster in range(start, end):
            if plain[cluster] in (None, ZERO):
                allocation.allocate(cluster * CLUSTER, (cluster + 1) * CLUSTER)
                plain[cluster] = allocation.end - CLUSTER
    seen = [allocation.lookup(cluster * CLUSTER, SIZE * CLUSTER)[0] for cluster in range(SIZE)]
    assert seen == plain
    places = [place for place in seen if place not in (None, ZERO)]
    assert len(places) == len(set(places))


def test_a_fresh_image_puts_its_first_data_where_qemu_does() -> None:
    allocation = Allocation(65536, 1 << 20)
    assert allocation.fresh_bytes() == 196616
    allocation.allocate(65536, 131072)
    assert allocation.lookup(65536, 131072) == (5 * 65536, 131072)
