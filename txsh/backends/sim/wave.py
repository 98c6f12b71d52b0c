"""One wave of zeroes: chunks that begin and end together beside others are one task, and one appointment.

Knows nothing of which chunks those are (`bulk.py`). Whoever might see a difference calls `settle` first, which puts a
task for each chunk in place of the whole.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from txsh.backends.sim.block_copy import BlockCopy
    from txsh.backends.sim.copy_call import Task
    from txsh.backends.sim.copy_pool import Pool


class Wave:
    """Chunks under way together, each with a worker.

    Args:
        task: all of them.
        chunk_bytes: how long each is, apart from the last one.
        cost_us: what each takes.
    """

    __slots__ = ("_chunk_bytes", "_copy", "_end_us", "_pool", "_task", "_timer", "_workers")

    def __init__(self, copy: BlockCopy, pool: Pool, task: Task, chunk_bytes: int, cost_us: int) -> None:
        loop = copy.world.loop
        self._copy = copy
        self._pool = pool
        self._task = task
        self._chunk_bytes = chunk_bytes
        self._workers = -(-(task.end - task.start) // chunk_bytes)
        self._end_us = loop.now_us + cost_us
        self._timer = loop.call_at(self._end_us, self._finish)
        copy.waves.append(self)
        copy.target.in_flight += 1
        pool.occupy(self._workers)

    def settle(self) -> None:
        """Become chunks."""
        copy, task, chunk = self._copy, self._task, self._chunk_bytes
        self._timer.cancel()
        self._leave()
        for at in range(task.start, task.end, chunk):
            self._pool.start(finish_chunk(copy, copy.resume(at, min(at + chunk, task.end)), self._end_us))
        self._pool.occupy(-self._workers)
        copy.end(task, failed=False)

    def _finish(self) -> None:
        self._leave()
        write_zeroes(self._copy, self._task.start, self._task.end)
        self._copy.end(self._task, failed=False, copied=True)
        self._pool.vacate(self._workers)

    def _leave(self) -> None:
        self._copy.waves.remove(self)
        self._copy.target.in_flight -= 1


def write_zeroes(copy: BlockCopy, start: int, end: int) -> None:
    """Let the target have zeroes whose time has passed."""
    error = copy.world.loop.run_at_once(copy.target.write([(start, end, None)], zero=True))
    assert error == 0


def finish_chunk(copy: BlockCopy, task: Task, until_us: int) -> Generator[None, None, int]:
    """The rest of one chunk that was under way as a part of many."""
    loop = copy.world.loop
    copy.target.in_flight += 1
    yield from loop.sleep_us(until_us - loop.now_us)
    copy.target.in_flight -= 1
    write_zeroes(copy, task.start, task.end)
    copy.end(task, failed=False, copied=True)
    return 0
