"""Room for new data in a qcow2 image: clusters allocated, and what else was seen in them brought along.

Source: QEMU block/qcow2.c, handle_alloc_space; block/qcow2-cluster.c, perform_cow.
"""

from __future__ import annotations

from txsh.backends.sim.driver.base import ZERO
from txsh.backends.sim.status import status_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.driver.qcow2 import Qcow2Driver


def unallocated(driver: Qcow2Driver, start: int, end: int) -> list[tuple[int, int]]:
    """Ranges of whole clusters touched by ``[start, end)`` that have no data of their own."""
    cluster = driver.format.cluster_bytes
    at, limit = start - start % cluster, end + -end % cluster
    ranges: list[tuple[int, int]] = []
    while at < limit:
        host, stop = driver.format.allocation.lookup(at, limit)
        if host is None or host < 0:
            if ranges and ranges[-1][1] == at:
                ranges[-1] = (ranges[-1][0], stop)
            else:
                ranges.append((at, stop))
        at = stop
    return ranges


def make_room(driver: Qcow2Driver, low: int, high: int, start: int, end: int) -> Generator[None, None, int]:
    """Allocate ``[low, high)`` and bring the parts outside ``[start, end)`` along: zeroes at once, else by copying.

    Source: QEMU block/qcow2.c, handle_alloc_space; block/qcow2-cluster.c, perform_cow.
    """
    whole = ((low, min(start, high)), (max(end, low), min(high, driver.size_bytes())))
    edges = [(at, stop) for at, stop in whole if at < stop]
    file = driver.node.file
    length_bytes = file.size_bytes
    quick = bool(edges) and file.driver.zeroes_quickly()
    zeroes = quick and all(_is_zero_below(driver, at, stop) for at, stop in edges)
    old: list[list[Run]] = []
    for at, stop in edges if not zeroes else ():
        error, runs = yield from driver.read(driver.node, at, stop)
        if error:
            return error
        old.append(runs)
    driver.count()
    driver.format.allocate(low, high)
    driver.tell_growth()
    if quick:
        driver.look(length_bytes)
    if zeroes:
        return (yield from _zero_room(driver, low, high))
    for runs in old:
        host = driver.host_offset(driver.node, runs[0][0])
        assert host is not None
        moved = host - runs[0][0]
        yield from file.driver.debug_event(file, "cow_write")
        error = yield from file.write([(at + moved, stop + moved, value or 0) for at, stop, value in runs])
        if error:
            return error
    return 0


def _zero_room(driver: Qcow2Driver, low: int, high: int) -> Generator[None, None, int]:
    file = driver.node.file
    while low < high:
        host, stop = driver.format.allocation.lookup(low, high)
        assert host is not None
        yield from file.driver.debug_event(file, "cluster_alloc_space")
        error: int = yield from file.write([(host, host + stop - low, None)], zero=True)
        if error:
            return error
        low = stop
    return 0


def _is_zero_below(driver: Qcow2Driver, start: int, end: int) -> bool:
    """Whether a range that has no data in this layer reads as zeroes."""
    backing = driver.node.backing
    while start < end:
        host, stop = driver.format.allocation.lookup(start, end)
        if host is None and backing is not None and start < backing.size_bytes:
            flags, stop = status_above(backing, start, min(stop, backing.size_bytes))
            if not flags & ZERO:
                return False
        start = stop
    return True
