"""The lock on the graph: coroutines read it while they work, and whoever changes it waits until nobody reads.

QEMU 7.2 has none. Since 8.0 a writer drains everything in order to get it, so that every change of the graph pauses
and resumes all jobs (V7). Source: QEMU block/graph-lock.c.
"""

from __future__ import annotations

from txsh.backends.sim.drain import drain_all_begin, drain_all_end, quiesce_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from txsh.backends.sim.loop import Coroutine
    from txsh.backends.sim.world import World


class GraphLock:
    """The lock of one process."""

    __slots__ = ("drains", "readers", "waiting", "world", "writing")

    def __init__(self, world: World) -> None:
        self.world = world
        self.readers = 0
        self.writing = False
        self.drains = 0
        self.waiting: list[Coroutine] = []

    def read(self) -> Generator[None, None, None]:
        """Begin to read, when nobody writes; for coroutines."""
        while self.writing:
            coroutine = self.world.loop.current
            assert coroutine is not None
            self.waiting.append(coroutine)
            yield
        self.readers += 1

    def read_done(self) -> None:
        """Read no longer."""
        self.readers -= 1

    def reading(self, request: Generator[None, None, Any]) -> Generator[None, None, Any]:
        """A request that reads the graph from its begin to its end."""
        yield from self.read()
        try:
            return (yield from request)
        finally:
            self.read_done()

    def write(self) -> Writing:
        """To change the graph, with all nodes drained as long as it takes if that version does so."""
        return Writing(self, drained=self.world.profile.writer_keeps_drained)

    def write_undrained(self) -> Writing:
        """To change the graph where the nodes concerned are drained already."""
        return Writing(self, drained=False)

    def unnoticed(self) -> Unnoticed:
        """To change the graph for something that QEMU has there all the time."""
        return Unnoticed(self)


class Unnoticed:
    """A change of the graph that is none to QEMU, for `with`: it drains nothing and waits for nobody."""

    __slots__ = ("_before", "_lock")

    def __init__(self, lock: GraphLock) -> None:
        self._lock = lock
        self._before = False

    def __enter__(self) -> None:
        self._before = self._lock.writing
        self._lock.writing = True

    def __exit__(self, *raised: object) -> None:
        self._lock.writing = self._before


class Writing:
    """A change of the graph, for `with`; one inside another is part of that."""

    __slots__ = ("_drained", "_inside", "_lock", "_outer")

    def __init__(self, lock: GraphLock, *, drained: bool) -> None:
        self._lock = lock
        self._outer: Coroutine | None = None
        self._drained = drained
        self._inside = False

    def __enter__(self) -> None:
        lock = self._lock
        world = lock.world
        self._inside = lock.writing or not world.profile.graph_is_locked
        if self._inside:
            return
        # A coroutine has the main loop do it.
        self._outer = world.loop.step_out()
        if self._drained:
            drain_all_begin(world)
            lock.drains += 1
        briefly = lock.drains == 0
        if briefly:
            quiesce_all(world)
        if lock.readers:
            world.loop.wait_while(lambda: lock.readers > 0)
        lock.writing = True
        if briefly:
            drain_all_end(world)

    def __exit__(self, *raised: object) -> None:
        if self._inside:
            return
        lock = self._lock
        lock.writing = False
        waiting, lock.waiting = lock.waiting, []
        for coroutine in waiting:
            lock.world.loop.enter(coroutine)
        # What was let go of while writing is closed now.
        lock.world.loop.run_halves()
        if lock.drains:
            drain_all_end(lock.world)
            lock.drains -= 1
        lock.world.loop.step_in(self._outer)
