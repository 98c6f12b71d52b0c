"""The workers of one call of block copy, and the memory that all calls share.

Source: QEMU block/aio_task.c, util/qemu-co-shared-resource.c.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost
from txsh.backends.sim.loop import Coroutine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from txsh.backends.sim.block_copy import BlockCopy
    from txsh.backends.sim.copy_call import CopyCall, Task
    from txsh.backends.sim.loop import EventLoop

MEMORY_BYTES = 128 << 20


class Memory:
    """What the buffers of all chunks under way may take together."""

    __slots__ = ("_free", "_loop", "_waiting")

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self._free = MEMORY_BYTES
        self._waiting: list[Coroutine] = []

    def take(self, length: int) -> Generator[None, None, None]:
        """Wait until there is so much, and take it.

        Raises:
            BackendLost: there never is.
        """
        if length > MEMORY_BYTES:
            raise BackendLost("QEMU crashes here: a backup's chunk is larger than all the memory for chunks (128 MiB)")
        while length > self._free:
            coroutine = self._loop.current
            assert coroutine is not None
            self._waiting.append(coroutine)
            yield
        self._free -= length

    def give_back(self, length: int) -> None:
        """Let the next one have it."""
        self._free += length
        waiting, self._waiting = self._waiting, []
        for coroutine in waiting:
            self._loop.wake(coroutine)


class Pool:
    """Chunks of one call under way at a time. Source: QEMU block/aio_task.c."""

    __slots__ = ("_busy", "_call", "_copy", "_main", "_used", "_waiting", "failed")

    def __init__(self, copy: BlockCopy, call: CopyCall) -> None:
        self._copy = copy
        self._call = call
        self._busy = 0
        self._waiting = False
        self._main: Coroutine | None = None
        self._used = False
        self.failed = False

    def run(self, task: Task, *, last: bool) -> Generator[None, None, bool]:
        """Start a chunk when a worker is free; a call's only chunk runs in the caller. False when one has failed."""
        if last and not self._used:
            error = yield from self._copy.copy(task, self._call)
            self.failed = bool(error)
            return not error
        self._used = True
        self._main = self._copy.world.loop.current
        if self.full:
            yield from self._wait_one()
        if self.failed:
            self._copy.memory.give_back(task.end - task.start)
            self._copy.cancel_task(task)
            return False
        self.start(self._copy.copy(task, self._call))
        return True

    def start(self, work: Generator[None, None, int]) -> None:
        """Run work as one of the workers."""
        self._copy.world.loop.enter(Coroutine(self._entry(work)))

    def occupy(self, workers: int) -> None:
        """So many workers are busy with something that `vacate` ends."""
        self._used = True
        self._busy += workers

    def vacate(self, workers: int) -> None:
        """So many workers are free again."""
        self._busy -= workers
        if self._waiting:
            self._waiting = False
            assert self._main is not None
            self._copy.world.loop.wake(self._main)

    @property
    def free(self) -> int:
        """How many workers have nothing to do."""
        return self._call.max_workers - self._busy

    @property
    def busy(self) -> bool:
        """Whether a chunk is under way."""
        return self._busy > 0

    @property
    def full(self) -> bool:
        """Whether the next chunk would have to wait for a worker."""
        return self._busy >= self._call.max_workers

    def wait_all(self) -> Generator[None, None, None]:
        """Wait until no chunk is under way."""
        if self._main is None:
            self._main = self._copy.world.loop.current
        while self._busy:
            yield from self._wait_one()

    def _wait_one(self) -> Generator[None, None, None]:
        self._waiting = True
        yield

    def _entry(self, work: Generator[None, None, int]) -> Generator[None, None, None]:
        self._busy += 1
        error = yield from work
        if error:
            self.failed = True
        self.vacate(1)
