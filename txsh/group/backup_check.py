"""What QEMU refuses of blockdev-backup, each check in QEMU's order; and what a backup that passes changes.

Only what a look shows is judged: permissions, and users of nodes other than the jobs of the same list, are left to
QEMU. Source: blockdev.c, do_backup_common; block/backup.c, backup_job_create; job.c; 7.2.
"""

from __future__ import annotations

from txsh.group import text
from txsh.group.bitmap_check import state_refusal
from txsh.model.identifier import is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.group.world import Bitmap, Node, World

_COPY_CLUSTER_BYTES = 65536
_INT_MAX = 2147483647
_INT64_MAX = (1 << 63) - 1
_UINT64 = 1 << 64
_NEVER_COMPRESSES = ("raw", "file", "null-co", "null-aio")


def refusal_of_backup(world: World, data: Mapping[str, Any], _version: tuple[int, int]) -> str | None:
    """The text that this backup is refused with; None when nothing that was looked up forbids it."""
    source, target = world.node(data["device"]), world.node(data["target"])
    if source is None:
        return text.NO_DEVICE.format(data["device"])
    if target is None:
        return text.NO_DEVICE.format(data["target"])
    bitmap = source.bitmaps.get(data["bitmap"]) if "bitmap" in data else None
    refusal = _refusal_of_sync(data, bitmap) or _refusal_of_nodes(world, data, source, target)
    if refusal is None and bitmap is not None:
        refusal = state_refusal(data["bitmap"], bitmap, changes=data.get("bitmap-mode") != "never")
    refusal = refusal or _refusal_of_copying(world, data, source, target) or _refusal_of_job(world, data)
    if refusal is None:
        _start(world, data, bitmap, target)
    return refusal


def _refusal_of_sync(data: Mapping[str, Any], bitmap: Bitmap | None) -> str | None:
    sync, mode = data["sync"], data.get("bitmap-mode")
    if sync in ("incremental", "bitmap") and "bitmap" not in data:
        return text.NEEDS_BITMAP.format(sync)
    if sync == "incremental" and mode not in (None, "on-success"):
        return text.NEEDS_ON_SUCCESS
    if "bitmap" not in data:
        return text.MODE_WITHOUT_BITMAP if mode is not None else None
    if bitmap is None:
        return text.NO_BACKUP_BITMAP.format(data["bitmap"])
    if mode is None and sync != "incremental":
        return text.NEEDS_MODE
    refusal = state_refusal(data["bitmap"], bitmap, changes=False)
    if refusal is not None:
        return refusal
    if sync == "none":
        return text.SYNC_NONE_BITMAP
    if mode == "never" and sync != "bitmap":
        return text.NEVER_WITH.format(sync)
    return None


def _refusal_of_nodes(world: World, data: Mapping[str, Any], source: Node, target: Node) -> str | None:
    if source is target:
        return text.SAME_NODE
    if data.get("compress") and target.info.driver in _NEVER_COMPRESSES:
        return text.NO_COMPRESSION
    for node in (source, target):
        if node.info.name in world.job_targets:
            return text.TARGET_IN_USE.format(node.info.name)
    tuning = data.get("x-perf", {})
    if not 1 <= tuning.get("max-workers", 1) <= _INT_MAX:
        return text.MAX_WORKERS
    if tuning.get("max-chunk", 0) < 0:
        return text.MAX_CHUNK
    return None


def _refusal_of_copying(world: World, data: Mapping[str, Any], source: Node, target: Node) -> str | None:
    if source.info.size_bytes != target.info.size_bytes:
        return text.OTHER_SIZE
    tuning = data.get("x-perf", {})
    smallest = tuning.get("min-cluster-size", 0) % _UINT64
    if smallest > _INT64_MAX:
        return text.CLUSTER_TOO_LARGE.format(smallest, _INT64_MAX)
    name = data.get("filter-node-name")
    if name is not None and not is_well_formed(name):
        return text.NO_FILTER.format(text.BAD_NODE_NAME.format(name))
    if name is not None and world.has_node(name):
        return text.NO_FILTER.format(text.NODE_NAME_TAKEN.format(name))
    if target.info.readonly:
        return text.NO_FILTER.format(text.NODE_READONLY)
    if smallest.bit_count() > 1:
        return text.NO_FILTER.format(text.CLUSTER_NO_POWER)
    chunk = tuning.get("max-chunk", 0)
    cluster = max(_COPY_CLUSTER_BYTES, target.info.cluster_bytes or 0, smallest)
    if 0 < chunk < cluster:
        return text.CHUNK_TOO_SMALL.format(chunk, cluster)
    return None


def _refusal_of_job(world: World, data: Mapping[str, Any]) -> str | None:
    job = world.job_id(data)
    if not is_well_formed(job):
        return text.BAD_JOB_ID.format(job)
    if job in world.jobs:
        return text.JOB_ID_TAKEN.format(job)
    if data.get("speed", 0) < 0:
        return text.NEGATIVE_SPEED
    return None


def _start(world: World, data: Mapping[str, Any], bitmap: Bitmap | None, target: Node) -> None:
    if bitmap is not None:
        bitmap.busy = True
    world.jobs.add(world.job_id(data))
    world.job_targets.add(target.info.name)
    if "filter-node-name" in data:
        world.new_nodes.add(data["filter-node-name"])
