"""The backup job: its checks, its loop, and what becomes of the bitmap. Source: QEMU block/backup.c."""

from __future__ import annotations

from errno import ECANCELED

from txsh.backends.base import CommandFailed
from txsh.backends.sim.backup_filter import drop_filter, insert_filter
from txsh.backends.sim.copy_call import CopyCall
from txsh.backends.sim.job import Job
from txsh.backends.sim.job_driver import JobDriver
from txsh.model.identifier import is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import NamedTuple

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.block_copy import BlockCopy
    from txsh.backends.sim.job_group import Group
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World
else:
    from txsh.named import NamedTuple

WORKERS_MAX = 2147483647
BLOCKER = "block device is in use by block job: backup"
RETRY_US = 300
"""How long a copy takes that fails at once and is tried again. Source: 7.2 told of 3,500 ignored errors a second."""


class BackupOptions(NamedTuple):
    """What a backup was asked for, once its words are checked.

    Args:
        sync: ``full``, ``top``, ``bitmap`` or ``none``.
        bitmap_mode: ``on-success``, ``never`` or ``always``.
        speed: bytes a second, 0 for no limit.
        copy_range: let the file system copy if it can.
        cluster_min_bytes: the unit of copying is at least that.
        on_cbw_error: what becomes of a guest's write that could not be saved first.
        max_chunk: bytes, 0 for no limit.
    """

    job_id: str | None
    sync: str
    bitmap: DirtyBitmap | None
    bitmap_mode: str
    speed: int
    compress: bool
    copy_range: bool
    cluster_min_bytes: int
    discard_source: bool
    on_cbw_error: str
    filter_node_name: str | None
    max_workers: int
    max_chunk: int
    on_source_error: str
    on_target_error: str
    auto_finalize: bool
    auto_dismiss: bool


class BackupDriver(JobDriver):
    """The work of one backup."""

    type = "backup"

    def __init__(self, copy: BlockCopy, filter_node: Node, options: BackupOptions) -> None:
        self.copy = copy
        self.filter_node = filter_node
        self.options = options
        self.blocker = str(BLOCKER)
        self.job: Job
        self.created = False
        self._call: CopyCall | None = None
        self._failed_us: int | None = None
        self._wait = False

    def run(self) -> Generator[None, None, int]:
        """Copy until nothing is left, or wait for ever with sync=none. Source: backup_run."""
        copy, job = self.copy, self.job
        if self.options.sync == "bitmap":
            assert self.options.bitmap is not None
            copy.copy_bitmap.bits.clear()
            copy.copy_bitmap.merge_bits(self.options.bitmap)
        copy.skip_unallocated = self.options.sync == "top"
        copy.dirty_bytes = copy.copy_bitmap.count_bytes
        job.progress.remaining = copy.dirty_bytes
        if self.options.sync == "top":
            error = yield from self._skip_unallocated()
            if error:
                return error
        if self.options.sync == "none":
            while not job.is_cancelled():
                yield from job.wait()
            return 0
        return (yield from self._loop())

    def pause(self) -> Generator[None, None, None]:
        """Cancel the call and wait until its chunks are done. Source: backup_pause."""
        if self._call is not None and not self._call.finished:
            self._call.cancel()
            self._wait = True
            yield

    def set_speed(self, speed: int) -> None:
        """Change the limit and wake the call."""
        self.copy.limit.set_speed(speed)
        if self._call is not None:
            self._call.kick()

    def settle(self) -> None:
        """Let what is copied as one become chunks."""
        self.copy.settle()

    def commit(self) -> None:
        """Let the bitmap go with success."""
        self._end_bitmap(failed=False)

    def abort(self) -> None:
        """Let the bitmap go with failure."""
        self._end_bitmap(failed=True)

    def clean(self) -> None:
        """Take the filter out. Source: backup_clean, bdrv_drop_filter."""
        self.job.remove_nodes()
        drop_filter(self.filter_node)

    def _skip_unallocated(self) -> Generator[None, None, int]:
        offset = 0
        while offset < self.copy.size_bytes:
            if self.job.is_cancelled():
                return ECANCELED
            yield from self.job.pause_point()
            if self.job.is_cancelled():
                return ECANCELED
            look_us = self.copy.source.driver.first_look_us()
            if look_us:
                yield from self.job.world.loop.sleep_us(look_us)
            offset = self.copy.reset_unallocated(offset)
        self.copy.skip_unallocated = False
        return 0

    def _loop(self) -> Generator[None, None, int]:
        """Start calls until one has copied everything. Source: backup_loop."""
        job, options = self.job, self.options
        end = self.copy.size_bytes + -self.copy.size_bytes % self.copy.cluster_bytes
        while True:
            call = CopyCall(
                0, end, max_workers=options.max_workers, max_chunk=options.max_chunk, callback=self._call_finished
            )
            self._call = call
            self.copy.start_async(call)
            while not (call.finished or job.is_cancelled()):
                yield from job.wait()
            if not call.finished:
                call.cancel()
                self._wait = True
                yield
                break
            if job.is_cancelled() or call.succeeded:
                break
            if call.cancelled:
                continue
            operation, policy = (
                ("read", options.on_source_error) if call.error_is_read else ("write", options.on_target_error)
            )
            action = job.error_action(policy, operation, call.error)
            if action == "report":
                self._call = None
                return call.error
            if action == "stop":
                yield from job.pause_point()
            else:
                yield from self._breathe()
        self._call = None
        return 0

    def _breathe(self) -> Generator[None, None, None]:
        """Let a retry that comes at once after another take the time that a real one takes; the model needs none."""
        loop = self.job.world.loop
        failed_us, self._failed_us = self._failed_us, loop.now_us
        if failed_us is not None and loop.now_us - failed_us < RETRY_US:
            timer = loop.call_at(failed_us + RETRY_US, self.job.enter)
            yield from self.job.wait()
            timer.cancel()
            self._failed_us = loop.now_us

    def _call_finished(self) -> None:
        if self._wait:
            self._wait = False
            assert self.job.coroutine is not None
            self.copy.world.loop.wake(self.job.coroutine)
        else:
            self.job.enter()

    def _end_bitmap(self, *, failed: bool) -> None:
        """Source: backup_cleanup_sync_bitmap."""
        bitmap, mode = self.options.bitmap, self.options.bitmap_mode
        if bitmap is None:
            return
        consumed = mode == "always" or (mode == "on-success" and not failed)
        bitmap = bitmap.abdicate() if consumed else bitmap.reclaim()
        if failed and mode == "always":
            bitmap.merge_bits(self.copy.copy_bitmap)


def create_backup(source: Node, target: Node, options: BackupOptions, group: Group | None) -> Job:
    """Check, freeze the bitmap, put the filter above the source, make the job. Source: backup_job_create.

    Raises:
        CommandFailed: in QEMU's order of checks; nothing is left behind but the events of a job refused late.
    """
    _check(source, target, options)
    if options.bitmap is not None:
        if options.bitmap_mode != "never":
            options.bitmap.check()
        options.bitmap.create_successor()
    try:
        job, copy = _make_job(source, target, options, group)
    except CommandFailed:
        if options.bitmap is not None:
            options.bitmap.reclaim()
        raise
    copy.progress = job.progress
    copy.limit.set_speed(options.speed)
    job.add_node("target", target)
    return job


def _check(source: Node, target: Node, options: BackupOptions) -> None:
    if source is target:
        raise CommandFailed("GenericError", "Source and target cannot be the same")
    if options.compress and not target.can_compress():
        raise CommandFailed("GenericError", "Compression is not supported for this drive ")
    source.check_operation("backup-source")
    target.check_operation("backup-target")
    if not 1 <= options.max_workers <= WORKERS_MAX:
        raise CommandFailed("GenericError", f"max-workers must be between 1 and {WORKERS_MAX}")
    if options.max_chunk < 0:
        raise CommandFailed("GenericError", "max-chunk must be zero (which means no limit) or positive")


def _make_job(source: Node, target: Node, options: BackupOptions, group: Group | None) -> tuple[Job, BlockCopy]:
    if target.size_bytes != source.size_bytes:
        raise CommandFailed("GenericError", "Source and target image have different sizes")
    filter_node, copy = insert_filter(source, target, options)
    copy.set_options(copy_range=options.copy_range, compress=options.compress)
    try:
        _check_chunk(copy, options)
        job = _new_job(filter_node, copy, options, group)
    except CommandFailed:
        drop_filter(filter_node)
        raise
    return job, copy


def _check_chunk(copy: BlockCopy, options: BackupOptions) -> None:
    if options.max_chunk and options.max_chunk < copy.cluster_bytes:
        raise CommandFailed(
            "GenericError",
            f"Required max-chunk ({options.max_chunk}) is less than backup cluster size ({copy.cluster_bytes})",
        )


def _new_job(filter_node: Node, copy: BlockCopy, options: BackupOptions, group: Group | None) -> Job:
    """Source: QEMU blockjob.c, block_job_create."""
    world = filter_node.world
    driver = BackupDriver(copy, filter_node, options)
    try:
        with world.graph_lock.write():
            _name_job(world, driver, group, filter_node.device_name)
            driver.job.add_node("main node", filter_node, frozenset({"dataplane"}))
            driver.job.set_speed(options.speed)
    except CommandFailed:
        if driver.created:
            driver.job.early_fail()
        raise
    return driver.job


def _name_job(world: World, driver: BackupDriver, group: Group | None, device: str) -> None:
    options = driver.options
    job_id = options.job_id if options.job_id is not None else device
    if not is_well_formed(job_id):
        raise CommandFailed("GenericError", f"Invalid job ID '{job_id}'")
    if world.find_job(job_id) is not None:
        raise CommandFailed("GenericError", f"Job ID '{job_id}' already in use")
    driver.job = Job(
        world, job_id, driver, group, auto_finalize=options.auto_finalize, auto_dismiss=options.auto_dismiss
    )
    driver.created = True
