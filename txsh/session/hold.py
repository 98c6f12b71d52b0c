"""Holding a backup when exactly so much is copied: which means is exact here, and how it is let go again.

By speed: one chunk of the size asked for, then a rate that never pays for a second one; nothing is in flight. Exact
when the first thing to copy is one uniform run of that size, since QEMU cuts a chunk where dirty bits or the source's
block status change. Else by a stop rule (`stop_rule.py`): single clusters, and an error that stops before the next.
Source: block/block-copy.c, block_copy_dirty_clusters.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed, HostUnable
from txsh.model.size import format_size
from txsh.session.fault import reading
from txsh.session.refusal import refused_here
from txsh.session.stop_rule import put_stop_rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.model.extent import Extents
    from txsh.model.state import JobInfo, NodeInfo
    from txsh.session.session import Session
    from txsh.session.stop_rule import StopRule

CLUSTER_BYTES_MIN = 65536
CHUNK_BYTES_MAX = 1 << 20
"""The most that one request of a backup copies. Source: block/block-copy.c, BLOCK_COPY_MAX_BUFFER."""


class Hold:
    """One held job.

    Attributes:
        job: its id.
        offset_bytes: where it is held.
        rule: its stop rule, or None when held by speed.
        speed: bytes a second that the user asked for, 0 for unlimited.
        reached: a look has found it held.
        is_paused: the script has paused it, too.
    """

    __slots__ = ("is_paused", "job", "offset_bytes", "reached", "rule", "speed")

    def __init__(self, job: str, offset_bytes: int, rule: StopRule | None, speed: int) -> None:
        self.job = job
        self.offset_bytes = offset_bytes
        self.rule = rule
        self.speed = speed
        self.reached = False
        self.is_paused = False

    def is_reached(self, session: Session, job: JobInfo | None) -> bool:
        """Whether a look at the job finds it held with nothing more going on."""
        if job is None:
            return False
        if self.rule is not None:
            return job.status == "paused" and self.job not in session.jobs.stopping
        return job.status in ("running", "paused") and job.current >= self.offset_bytes

    async def wake(self, session: Session) -> None:
        """Have a job that sleeps for its speed look whether its chunk has failed; it copies nothing more by that.

        Source: block/block-copy.c, block_copy_dirty_clusters sleeps without regard to errors, and block_copy_kick.
        """
        if self.rule is None:
            try:
                await session.backend.execute("block-job-set-speed", {"device": self.job, "speed": 1}, look=True)
            except CommandFailed:
                # It has come to its end meanwhile.
                return

    async def release(self, session: Session) -> None:
        """Let the job go on.

        Raises:
            CommandFailed: QEMU refused, as when the job has just gone.
        """
        if self.rule is not None:
            # One that the script has paused as well is left to its own resume.
            if not self.is_paused:
                await session.send("job-resume", {"id": self.job})
        else:
            await session.send("block-job-set-speed", {"device": self.job, "speed": self.speed})

    async def discard(self, session: Session) -> bool:
        """Take the filter away once its job is gone; returns whether nothing is left of the hold."""
        return self.rule is None or await self.rule.remove(session)


async def apply_hold(
    session: Session,
    data: dict[str, Any],
    offset_bytes: int,
    dirty: Extents | None,
    nodes: dict[str, NodeInfo],
    *,
    shared: bool = False,
) -> Hold | None:
    """Change a backup's QMP data so that it stops; returns the hold, or None when the backup never gets that far.

    Args:
        data: of `blockdev-backup`, its target as on the wire.
        dirty: what it will copy, in bytes; None for all of the node.
        nodes: a fresh look. A node that is not there leaves the refusal to QEMU.
        shared: another job reads the same source.

    Raises:
        Refused: it cannot be held exactly there.
    """
    source, target = nodes.get(data["device"]), nodes.get(data["target"])
    job, speed = data.get("job-id", data["device"]), data.get("speed", 0)
    if source is None or target is None:
        return None
    cluster = max(CLUSTER_BYTES_MIN, target.cluster_bytes or 0, data.get("x-perf", {}).get("min-cluster-size", 0))
    if offset_bytes % cluster:
        raise refused_here(
            "hold-not-aligned",
            f"'{job}' copies whole clusters of {format_size(cluster)}: it cannot stop at {format_size(offset_bytes)}",
            advice=f"give a multiple of {format_size(cluster)}, or the target smaller clusters",
        )
    ranges = _clusters(dirty, cluster, source.size_bytes)
    place = _place(ranges, offset_bytes)
    if place is None:
        return None
    performance = {**data.get("x-perf", {}), "max-workers": 1}
    # Compressed, each cluster is a request of its own.
    is_one_request = offset_bytes == cluster or not data.get("compress", False)
    if is_one_request and await _is_exact_by_speed(session, ranges[0], offset_bytes, cluster, source):
        data["x-perf"] = {**performance, "max-chunk": offset_bytes}
        data["speed"] = 1
        return Hold(job, offset_bytes, None, speed)
    data["x-perf"] = {**performance, "max-chunk": cluster}
    why_not = f"'{job}' cannot be held at exactly {format_size(offset_bytes)}"
    rule = await put_stop_rule(session, data, place, why_not, shared=shared)
    session.jobs.stopping.add(job)
    return Hold(job, offset_bytes, rule, speed)


def _clusters(dirty: Extents | None, cluster: int, size_bytes: int) -> list[tuple[int, int]]:
    """The runs that will be copied, in whole clusters; the last may reach past the end."""
    if dirty is None:
        return [(0, size_bytes + -size_bytes % cluster)]
    return list(dirty.aligned(cluster))


def _place(ranges: list[tuple[int, int]], offset_bytes: int) -> int | None:
    """The guest offset of the cluster that follows after `offset_bytes` were copied; None when nothing follows."""
    for start, end in ranges:
        if offset_bytes < end - start:
            return start + offset_bytes
        offset_bytes -= end - start
    return None


async def _is_exact_by_speed(
    session: Session, first: tuple[int, int], offset_bytes: int, cluster: int, source: NodeInfo
) -> bool:
    start, end = first
    if not 0 < offset_bytes <= min(CHUNK_BYTES_MAX, end - start):
        return False
    if offset_bytes == cluster:
        return True
    # Of other formats nothing tells where data and holes meet.
    if source.driver != "qcow2" or (source.cluster_bytes or 0) < cluster:
        return False
    return await _is_uniform(session, source, start, offset_bytes, cluster)


async def _is_uniform(session: Session, source: NodeInfo, start: int, length: int, cluster: int) -> bool:
    """Whether QEMU sees one block status for all of a run: data in one piece of the file, or a hole never written."""
    declared = session.names.declared.get(source.name)
    try:
        async with reading(session, source.name, always=True):
            offsets = [
                await session.host.file_offset(source.name, place) for place in range(start, start + length, cluster)
            ]
    except HostUnable:
        return False
    first = offsets[0]
    if first is None:
        return declared is not None and declared.holes_are_alike and all(offset is None for offset in offsets)
    return offsets == list(range(first, first + length, cluster))
