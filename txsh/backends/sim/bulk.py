"""Zeroes copied as one: a long run that reads as zeroes is reckoned instead of looped over, chunk by chunk.

The reckoning is exact. Chunks of such a run all cost the same, so the workers begin and end in waves, and the state at
any moment follows from the number of waves that fit. Whoever might see a difference calls `settle` first, which turns
the run into what it is at that moment: chunks done, one wave of chunks under way, and the rest not yet begun.
"""

from __future__ import annotations

from txsh.backends.sim.copy_pool import MEMORY_BYTES
from txsh.backends.sim.driver.base import ZERO
from txsh.backends.sim.status import status_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import NamedTuple

    from txsh.backends.sim.block_copy import BlockCopy
    from txsh.backends.sim.copy_call import CopyCall, Task
    from txsh.backends.sim.copy_pool import Pool
    from txsh.backends.sim.loop import Timer
else:
    from txsh.named import NamedTuple

CHUNKS_MIN = 2
WAVES_MIN = 2
HOLDERS = 2


class Run(NamedTuple):
    """A run of chunks that read as zeroes, the last one perhaps short, and what each costs."""

    start: int
    end: int
    cost_us: int


def uniform_zeroes(copy: BlockCopy, call: CopyCall, offset: int) -> Run | None:
    """The run of chunks ahead that can be reckoned as one, and what each costs; None when there is none."""
    chunk = copy.chunk_bytes(call)
    area = copy.copy_bitmap.bits.next_range(offset)
    if area is None or min(area[1], call.end) - area[0] < CHUNKS_MIN * chunk:
        return None
    if call.max_workers * chunk > MEMORY_BYTES or copy.discard_source:
        return None
    if copy.skip_unallocated or (copy.limit.speed and not call.ignore_limit) or len(copy.target.parents) > HOLDERS:
        return None
    start = area[0]
    limit = min(area[1], call.end, copy.size_bytes)
    flags, stop = status_above(copy.source, start, limit)
    if not (stop - start) % chunk and not chunk & (chunk - 1):
        # Tables are looked at in pieces whose sizes are powers of two: no piece's end lies within a chunk.
        flags, stop = status_above(copy.source, start, limit, whole=True)
    # How a chunk ends that takes a part of a cluster is not reckoned here.
    end = stop - (stop - start) % (chunk if stop % copy.cluster_bytes else copy.cluster_bytes)
    if not flags & ZERO or end <= start:
        return None
    cost_us = copy.target.driver.zero_us(start, end)
    if cost_us is None:
        return None
    if cost_us:
        # Whole chunks: a short one at the end could begin as soon as a worker is free.
        end -= (end - start) % chunk
        if end - start < CHUNKS_MIN * chunk:
            return None
    # Chunks that take no time are over before the next one begins; others share the workers with what follows them.
    if cost_us and end - start < WAVES_MIN * call.max_workers * chunk and copy.copy_bitmap.bits.overlaps(end, call.end):
        return None
    return Run(start, end, cost_us)


def copy_bulk(copy: BlockCopy, call: CopyCall, pool: Pool, run: Run) -> Generator[None, None, int]:
    """Copy such a run; where to go on, which is its end unless it was settled before."""
    start, end, cost_us = run
    bulk = Bulk(copy, call, pool, copy.take(start, end), cost_us)
    if cost_us == 0:
        bulk.write(start, end)
        copy.end(bulk.task, failed=False, copied=True)
        return end
    yield from bulk.wait()
    return bulk.task.end


class Bulk:
    """A run under way as one.

    Attributes:
        task: the whole run, in the list of what is under way.
    """

    __slots__ = ("_call", "_copy", "_cost_us", "_pool", "_settled", "_start_us", "_timer", "task")

    def __init__(self, copy: BlockCopy, call: CopyCall, pool: Pool, task: Task, cost_us: int) -> None:
        self.task = task
        self._copy = copy
        self._call = call
        self._pool = pool
        self._cost_us = cost_us
        self._start_us = copy.world.loop.now_us
        self._settled = False
        self._timer: Timer | None = None

    def write(self, start: int, end: int) -> None:
        """Let the target have the zeroes."""
        request = self._copy.target.write([(start, end, None)], zero=True)
        error = self._copy.world.loop.run_at_once(request)
        assert error == 0

    def wait(self) -> Generator[None, None, None]:
        """Wait until the last wave is over, or until somebody looks."""
        copy, loop = self._copy, self._copy.world.loop
        coroutine = loop.current
        assert coroutine is not None
        waves = -(-(self.task.end - self.task.start) // self._wave_bytes)
        self._timer = loop.call_at(self._start_us + waves * self._cost_us, lambda: loop.wake(coroutine))
        copy.bulk = self
        self._call.settle = self.settle
        copy.target.in_flight += 1
        yield
        if not self._settled:
            self._leave()
            self.write(self.task.start, self.task.end)
            copy.end(self.task, failed=False, copied=True)

    @property
    def _wave_bytes(self) -> int:
        return self._call.max_workers * self._copy.chunk_bytes(self._call)

    def _leave(self) -> None:
        self._copy.bulk = None
        self._call.settle = None
        self._copy.target.in_flight -= 1

    def settle(self) -> None:
        """Become chunks: those done, one wave under way, the rest dirty again."""
        copy, loop, task = self._copy, self._copy.world.loop, self.task
        done = (loop.now_us - self._start_us) // self._cost_us
        low = min(task.start + done * self._wave_bytes, task.end)
        if low == task.end:
            return
        assert self._timer is not None
        wake = self._timer.callback
        self._timer.cancel()
        self._leave()
        self._settled = True
        start = task.start
        copy.shrink(task, min(low + self._wave_bytes, task.end))
        high = task.end
        if start < low:
            self.write(start, low)
        self._split(low, high, self._start_us + (done + 1) * self._cost_us)
        assert wake is not None
        loop.schedule(wake)

    def _split(self, low: int, high: int, until_us: int) -> None:
        """Account for what is done and put one task for each chunk of the wave in place of the whole."""
        copy, task = self._copy, self.task
        waiters, task.waiters = task.waiters, []
        copy.end(task, failed=False, copied=False)
        if copy.progress is not None:
            copy.progress.current += low - task.start
        chunk = copy.chunk_bytes(self._call)
        for at in range(low, high, chunk):
            self._pool.start(self._finish(copy.resume(at, min(at + chunk, high)), until_us))
        for coroutine in waiters:
            copy.world.loop.schedule_coroutine(coroutine)

    def _finish(self, task: Task, until_us: int) -> Generator[None, None, int]:
        """The rest of one chunk that was under way."""
        loop = self._copy.world.loop
        self._copy.target.in_flight += 1
        yield from loop.sleep_us(until_us - loop.now_us)
        self._copy.target.in_flight -= 1
        self.write(task.start, task.end)
        self._copy.end(task, failed=False, copied=True)
        return 0
