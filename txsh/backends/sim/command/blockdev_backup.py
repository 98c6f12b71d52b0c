"""blockdev-backup, alone and in a transaction. Source: QEMU blockdev.c, do_backup_common, blockdev_backup_prepare."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.backup import BackupOptions, create_backup
from txsh.backends.sim.bitmap import ALLOW_READONLY
from txsh.backends.sim.drain import drain_all, drained_begin, drained_end
from txsh.backends.sim.transaction import transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.job import Job
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.transaction import Context
    from txsh.backends.sim.world import World

WORKERS = 64


def backup_options(source: Node, data: Mapping[str, Any]) -> BackupOptions:
    """Check the words of a backup against each other.

    Raises:
        CommandFailed: in QEMU's order of checks.
    """
    sync: str = data["sync"]
    mode: str | None = data.get("bitmap-mode")
    if sync in ("bitmap", "incremental") and "bitmap" not in data:
        raise CommandFailed("GenericError", f"must provide a valid bitmap name for '{sync}' sync mode")
    if sync == "incremental":
        if mode not in (None, "on-success"):
            raise CommandFailed(
                "GenericError", "Bitmap sync mode must be 'on-success' when using sync mode 'incremental'"
            )
        sync, mode = "bitmap", "on-success"
    bitmap = _bitmap(source, data["bitmap"], sync, mode) if "bitmap" in data else None
    if bitmap is None and mode is not None:
        raise CommandFailed("GenericError", "Cannot specify bitmap sync mode without a bitmap")
    performance: Mapping[str, Any] = data.get("x-perf", {})
    return BackupOptions(
        job_id=data.get("job-id"),
        sync=sync,
        bitmap=bitmap,
        bitmap_mode=mode or "on-success",
        speed=data.get("speed", 0),
        compress=data.get("compress", False),
        copy_range=performance.get("use-copy-range", False),
        cluster_min_bytes=performance.get("min-cluster-size", 0),
        discard_source=data.get("discard-source", False),
        on_cbw_error=data.get("on-cbw-error", "break-guest-write"),
        filter_node_name=data.get("filter-node-name"),
        max_workers=performance.get("max-workers", WORKERS),
        max_chunk=performance.get("max-chunk", 0),
        on_source_error=data.get("on-source-error", "report"),
        on_target_error=data.get("on-target-error", "report"),
        auto_finalize=data.get("auto-finalize", True),
        auto_dismiss=data.get("auto-dismiss", True),
    )


def _bitmap(source: Node, name: str, sync: str, mode: str | None) -> DirtyBitmap:
    bitmap = source.find_bitmap(name)
    if bitmap is None:
        raise CommandFailed("GenericError", f"Bitmap '{name}' could not be found")
    if mode is None:
        raise CommandFailed("GenericError", "Bitmap sync mode must be given when providing a bitmap")
    bitmap.check(ALLOW_READONLY)
    if sync == "none":
        raise CommandFailed("GenericError", "sync mode 'none' does not produce meaningful bitmap outputs")
    if mode == "never" and sync != "bitmap":
        raise CommandFailed(
            "GenericError",
            f"Bitmap sync mode 'never' has no meaningful effect when combined with sync mode '{sync}'",
        )
    return bitmap


class BlockdevBackup:
    """Makes the job in prepare, starts it on commit, cancels it on abort; its source stays drained until clean."""

    def __init__(self, context: Context, data: Mapping[str, Any]) -> None:
        self.context = context
        self.data = data
        self.source: Node | None = None
        self.job: Job | None = None

    def prepare(self) -> None:
        """Make the job."""
        world = self.context.world
        source = world.node(self.data["device"])
        target = world.node(self.data["target"])
        if world.profile.context_change_drains:
            drain_all(world)
        self.source = source
        drained_begin(source)
        self.job = create_backup(source, target, backup_options(source, self.data), self.context.group)

    def commit(self) -> None:
        """Start the job."""
        assert self.job is not None
        self.job.start()

    def abort(self) -> None:
        """Cancel the job, which has never run."""
        if self.job is not None:
            self.job.cancel_sync()

    def clean(self) -> None:
        """Let the source go."""
        if self.source is not None:
            drained_end(self.source)


def blockdev_backup(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A transaction of one. Source: QEMU blockdev.c, blockdev_do_action.

    Raises:
        CommandFailed: in QEMU's order of checks.
    """
    transaction(world, [{"type": "blockdev-backup", "data": arguments}], "individual")
    return {}


COMMANDS = {"blockdev-backup": blockdev_backup}
ACTIONS = {"blockdev-backup": BlockdevBackup}
