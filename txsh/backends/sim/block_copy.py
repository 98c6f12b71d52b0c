"""Block copy: the clusters still to be copied, the chunks under way, and the calls that copy them.

One state is shared by a backup job and by the copy-before-write filter, so that a guest write waits for a chunk under
way and copies what the job has not reached. Source: QEMU block/block-copy.c, block/reqlist.c, block/aio_task.c.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost
from txsh.backends.sim.bulk import copy_uniform
from txsh.backends.sim.copy_call import Task
from txsh.backends.sim.copy_pool import Memory, Pool
from txsh.backends.sim.driver.base import ALLOCATED, DATA, ZERO
from txsh.backends.sim.loop import Coroutine
from txsh.backends.sim.rate_limit import RateLimit
from txsh.backends.sim.status import status_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from txsh.backends.sim.bulk import Bulk
    from txsh.backends.sim.copy_call import CopyCall
    from txsh.backends.sim.job_driver import Progress
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.wave import Wave
    from txsh.backends.sim.world import World

CLUSTER_BYTES = 65536
CLUSTER_MAX_BYTES = 1 << 31
CHUNK_BYTES = 1 << 20
RANGE_BYTES = 1 << 24
READ_WRITE, CLUSTER, RANGE_SMALL, RANGE_FULL = "read-write", "cluster", "range-small", "range-full"
"""How chunks are copied: through a buffer, the same cluster by cluster, or by the file system, the first one small."""


class BlockCopy:
    """What is shared: bitmap of what is left, chunks under way, limit.

    Attributes:
        copy_bitmap: clusters that no chunk has taken yet.
        dirty_bytes: how many bytes that is.
        bulk: the uniform run that is being copied as one, None when there is none.
        compress: chunks are written compressed.
        discard_source: what is copied is discarded in the source.
        in_flight_bytes: bytes of the chunks under way.
        method: how the next chunk is copied, which says how long it may be.
        waves: shorter runs that are being copied as one each, beside other chunks.
        skip_unallocated: sync=top, while the bitmap is still being made ready.
    """

    __slots__ = (
        "bulk",
        "cluster_bytes",
        "compress",
        "copy_bitmap",
        "dirty_bytes",
        "discard_source",
        "in_flight_bytes",
        "limit",
        "memory",
        "method",
        "progress",
        "size_bytes",
        "skip_unallocated",
        "source",
        "target",
        "tasks",
        "waves",
        "world",
    )

    def __init__(
        self, world: World, source: Node, target: Node, filter_node: Node, *, cluster_min_bytes: int, discard: bool
    ) -> None:
        self.world = world
        self.source = source
        self.target = target
        self.cluster_bytes = max(CLUSTER_BYTES, cluster_min_bytes, target.driver.cluster_bytes() or 0)
        if self.cluster_bytes > CLUSTER_MAX_BYTES:
            raise BackendLost(
                f"QEMU crashes here: a backup with x-perf.min-cluster-size {self.cluster_bytes} has no bitmap of that "
                "granularity (SIGABRT)"
            )
        owner = filter_node if world.profile.copy_bitmap_on_filter else source
        self.copy_bitmap = owner.create_bitmap(self.cluster_bytes)
        self.copy_bitmap.disabled = True
        self.size_bytes = source.size_bytes
        if self.size_bytes:
            self.copy_bitmap.set(0, self.size_bytes)
        self.dirty_bytes = self.copy_bitmap.count_bytes
        self.bulk: Bulk | None = None
        self.waves: list[Wave] = []
        self.in_flight_bytes = 0
        self.skip_unallocated = False
        self.limit = RateLimit()
        self.memory = Memory(world.loop)
        self.method = READ_WRITE
        self.compress = False
        self.discard_source = discard
        self.progress: Progress | None = None
        self.tasks: list[Task] = []

    def set_options(self, *, copy_range: bool, compress: bool) -> None:
        """Choose how to copy. Source: block_copy_set_copy_opts."""
        self.compress = compress
        if compress:
            self.method = CLUSTER
        elif copy_range:
            self.method = RANGE_SMALL

    def settle(self) -> None:
        """Somebody looks: let what is copied as one become chunks."""
        if self.bulk is not None:
            self.bulk.settle()
        for wave in self.waves.copy():
            wave.settle()

    def close(self) -> None:
        """Free the bitmap."""
        self.copy_bitmap.node.release_bitmap(self.copy_bitmap)

    def start_async(self, call: CopyCall) -> None:
        """Run a call in a coroutine of its own. Source: block_copy_async_co_entry."""
        self.world.loop.enter(Coroutine(self.world.graph_lock.reading(self.run(call))))

    def run(self, call: CopyCall) -> Generator[None, None, int]:
        """Copy until nothing is dirty or under way in the range. Source: block_copy_common."""
        while True:
            found = yield from self._copy_dirty(call)
            again = found > 0
            if found == 0 and not call.cancelled:
                again = yield from self._wait_for_conflict(call.start, call.end)
                again = again or self.copy_bitmap.bits.overlaps(call.start, call.end)
            if not again or call.cancelled:
                break
        call.finished = True
        if call.callback is not None:
            call.callback()
        return call.error

    def reset_unallocated(self, offset: int) -> int:
        """Clear the bits of a run that the source's top layer does not hold; where the run ends."""
        cluster = self.cluster_bytes
        end = self.size_bytes
        at = offset
        while True:
            flags, stop = self.source.driver.allocated(self.source, at, end)
            if flags & ALLOCATED or stop >= end:
                break
            at = stop
            if at - offset >= cluster:
                break
            continue
        if flags & ALLOCATED:
            if at - offset >= cluster:
                stop = at - (at - offset) % cluster
                self._reset(offset, stop)
                return stop
            return min(stop + -(stop - offset) % cluster, end + -end % cluster)
        stop = end + -end % cluster if stop >= end else at - (at - offset) % cluster
        self._reset(offset, stop)
        return stop

    def _reset(self, start: int, end: int) -> None:
        self.copy_bitmap.reset(start, end)
        self.dirty_bytes = self.copy_bitmap.count_bytes
        self._update_remaining()

    def _update_remaining(self) -> None:
        if self.progress is not None:
            self.progress.remaining = self.dirty_bytes + self.in_flight_bytes

    # Chunks

    def _copy_dirty(self, call: CopyCall) -> Generator[None, None, int]:
        """Copy the dirty chunks of a call's range: 1 when there were some, 0 when not, negative on failure."""
        loop = self.world.loop
        offset = call.start
        found = 0
        pool = Pool(self, call)
        while offset < call.end and not pool.failed and not call.cancelled:
            ahead = yield from copy_uniform(self, call, pool, offset)
            if ahead is not None:
                found = found or int(ahead > offset)
                offset = ahead
                continue
            task = self._create_task(call, offset)
            if task is None:
                break
            found = 1
            flags, stop = self._status(task)
            if stop < task.end:
                self.shrink(task, stop)
            if self.skip_unallocated and not flags & ALLOCATED:
                self.end(task, failed=False)
                offset = task.end
                continue
            task.zero = bool(flags & ZERO)
            if not call.ignore_limit:
                delay_us = self.limit.delay_us(0, loop.now_us)
                if delay_us > 0:
                    self.end(task, failed=True)
                    yield from self._sleep(call, delay_us)
                    continue
            self.limit.delay_us(task.end - task.start, loop.now_us)
            yield from self.memory.take(task.end - task.start)
            offset = task.end
            if not (yield from pool.run(task, last=offset >= call.end)):
                break
        yield from pool.wait_all()
        return -1 if pool.failed else found

    def _create_task(self, call: CopyCall, offset: int) -> Task | None:
        chunk = self.chunk_bytes(call)
        area = self.copy_bitmap.bits.next_range(offset)
        if area is None or area[0] >= call.end:
            return None
        start = area[0]
        end = min(area[1], call.end, start + chunk)
        end += -end % self.cluster_bytes
        return self.take(start, end)

    def chunk_bytes(self, call: CopyCall) -> int:
        """How much a call copies at a time at most, whole clusters. Source: block_copy_task_create."""
        if self.method == CLUSTER:
            chunk = self.cluster_bytes
        else:
            chunk = max(self.cluster_bytes, RANGE_BYTES if self.method == RANGE_FULL else CHUNK_BYTES)
        if call.max_chunk:
            chunk = min(chunk, call.max_chunk)
        return chunk + -chunk % self.cluster_bytes

    def take(self, start: int, end: int) -> Task:
        """Make a task of a range that is dirty throughout."""
        self.copy_bitmap.reset(start, end)
        self.dirty_bytes -= end - start
        self.in_flight_bytes += end - start
        task = Task(start, end, self.method)
        self.tasks.insert(0, task)
        return task

    def _status(self, task: Task) -> tuple[int, int]:
        """Flags at the start of a chunk and where they stop, whole clusters. Source: block_copy_block_status."""
        limit = min(task.end, self.size_bytes)
        flags, stop = status_above(self.source, task.start, limit, only_top=self.skip_unallocated)
        if stop - task.start < self.cluster_bytes and stop != self.size_bytes:
            return DATA | ALLOCATED, task.start + self.cluster_bytes
        if stop == self.size_bytes:
            if stop - task.start < self.cluster_bytes:
                return DATA | ALLOCATED, task.start + self.cluster_bytes
            return flags, stop + -stop % self.cluster_bytes
        return flags, stop - (stop - task.start) % self.cluster_bytes

    def resume(self, start: int, end: int) -> Task:
        """Make a task of a range that was under way as part of a larger one."""
        self.in_flight_bytes += end - start
        task = Task(start, end, self.method)
        self.tasks.insert(0, task)
        return task

    def shrink(self, task: Task, end: int) -> None:
        """Give the tail of a task back. Source: block_copy_task_shrink."""
        self.in_flight_bytes -= task.end - end
        self.dirty_bytes += task.end - end
        self.copy_bitmap.set(end, task.end)
        task.end = end
        self._wake_waiters(task)

    def copy(self, task: Task, call: CopyCall) -> Generator[None, None, int]:
        """Copy one chunk; 0 or an errno. Source: block_copy_task_entry."""
        end = min(task.end, self.size_bytes)
        error, is_read = yield from self._transfer(task, end)
        if error and not call.error:
            call.error = error
            call.error_is_read = is_read
        self.memory.give_back(task.end - task.start)
        self.end(task, failed=bool(error), copied=not error)
        if self.discard_source and not error:
            yield from self.source.discard(task.start, end)
        return error

    def _transfer(self, task: Task, end: int) -> Generator[None, None, tuple[int, bool]]:
        """Bring a chunk over; the error, and whether that was of a read. Source: block_copy_do_copy."""
        if task.zero:
            error: int = yield from self.target.write([(task.start, end, None)], zero=True)
            return error, False
        method = task.method
        if method in (RANGE_SMALL, RANGE_FULL):
            possible = self.source.can_copy_range() and self.target.can_copy_range()
            method = RANGE_FULL if possible else READ_WRITE
        error, runs = yield from self.source.read(task.start, end)
        if not error:
            pieces = [(at, stop, value or 0) for at, stop, value in runs]
            error = yield from self.target.write(pieces, compressed=self.compress)
            is_read = False
        else:
            is_read = True
        if self.method == task.method:
            self.method = method
        return error, is_read

    def end(self, task: Task, *, failed: bool, copied: bool = False) -> None:
        """A task is over; failed, its range is dirty again. Source: block_copy_task_end."""
        length = task.end - task.start
        if copied and self.progress is not None:
            self.progress.current += length
        self.in_flight_bytes -= length
        if failed:
            self.copy_bitmap.set(task.start, task.end)
            self.dirty_bytes += length
        self._update_remaining()
        self.tasks.remove(task)
        self._wake_waiters(task)

    def cancel_task(self, task: Task) -> None:
        """Give a chunk back that was never begun."""
        self.end(task, failed=True)

    # Waiting

    def _wait_for_conflict(self, start: int, end: int) -> Generator[None, None, bool]:
        """Wait for one chunk under way in the range; False when there is none. Source: reqlist_wait_one."""
        for task in self.tasks:
            if task.start < end and task.end > start:
                coroutine = self.world.loop.current
                assert coroutine is not None
                task.waiters.append(coroutine)
                yield
                return True
        return False

    def _wake_waiters(self, task: Task) -> None:
        waiters, task.waiters = task.waiters, []
        for coroutine in waiters:
            self.world.loop.wake(coroutine)

    def _sleep(self, call: CopyCall, delay_us: int) -> Generator[None, None, None]:
        """Sleep for the rate limit; `CopyCall.kick` ends it early."""
        loop = self.world.loop
        coroutine = loop.current
        assert coroutine is not None

        def wake() -> None:
            timer.cancel()
            call.sleeper = None
            loop.wake(coroutine)

        timer = loop.call_at(loop.now_us + delay_us, wake)
        call.sleeper = wake
        yield
