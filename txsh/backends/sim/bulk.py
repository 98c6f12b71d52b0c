"""Zeroes copied as one: a run that reads as zeroes is reckoned instead of looped over, chunk by chunk.

What takes no time is done at once. What is shorter than two waves of workers is one wave, beside other chunks
(`wave.py`). A longer run waits until it has all workers; its chunks all cost the same, so that they begin and end in
waves, and the state at any moment follows from the number of waves that fit. Whoever might see a difference calls
`settle` first, which turns the run into what it is at that moment: chunks done, one wave of chunks under way, and the
rest not yet begun.
"""

from __future__ import annotations

from txsh.backends.sim.copy_pool import MEMORY_BYTES
from txsh.backends.sim.driver.base import ZERO
from txsh.backends.sim.status import status_above
from txsh.backends.sim.wave import Wave, finish_chunk, write_zeroes

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
    if copy.skip_unallocated or copy.limit.speed or len(copy.target.parents) > HOLDERS:
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
    return Run(start, end, cost_us)


def copy_uniform(copy: BlockCopy, call: CopyCall, pool: Pool, offset: int) -> Generator[None, None, int | None]:
    """Copy what can be reckoned as one; where to go on, or None when the next chunk has to be looked at by itself."""
    run = uniform_zeroes(copy, call, offset)
    if run is None:
        return None
    start, end, cost_us = run
    if not cost_us:
        return None if pool.full else (yield from copy_bulk(copy, call, pool, run))
    chunk = copy.chunk_bytes(call)
    whole = end - start - (end - start) % chunk
    if whole >= WAVES_MIN * call.max_workers * chunk:
        if not pool.busy:
            return (yield from copy_bulk(copy, call, pool, Run(start, start + whole, cost_us)))
        # Much may change meanwhile: look again when it is idle.
        yield from pool.wait_all()
        return offset
    end = min(end, start + pool.free * chunk)
    if end - start < CHUNKS_MIN * chunk:
        return None
    Wave(copy, pool, copy.take(start, end), chunk, cost_us)
    return end


def copy_bulk(copy: BlockCopy, call: CopyCall, pool: Pool, run: Run) -> Generator[None, None, int]:
    """Copy such a run; where to go on, which is its end unless it was settled before."""
    start, end, cost_us = run
    bulk = Bulk(copy, call, pool, copy.take(start, end), cost_us)
    if cost_us == 0:
        write_zeroes(copy, start, end)
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
            write_zeroes(copy, self.task.start, self.task.end)
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
            write_zeroes(copy, start, low)
        self._split(low, high, self._start_us + (done + 1) * self._cost_us)
        assert wake is not None
        loop.schedule(wake)

    def _split(self, low: int, high: int, until_us: int) -> None:
        """Account for what is done and put one task for each chunk of the wave in place of the whole."""
        copy, task = self._copy, self.task
        waiters, task.waiters = task.waiters, []
        if copy.progress is not None:
            copy.progress.current += low - task.start
        chunk = copy.chunk_bytes(self._call)
        for at in range(low, high, chunk):
            self._pool.start(finish_chunk(copy, copy.resume(at, min(at + chunk, high)), until_us))
        copy.end(task, failed=False)
        for coroutine in waiters:
            copy.world.loop.schedule_coroutine(coroutine)
