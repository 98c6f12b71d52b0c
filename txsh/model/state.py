"""What a look at a QEMU finds: nodes, bitmaps and jobs as plain values, read from QMP's answers."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, NamedTuple
else:
    from txsh.named import NamedTuple


class BitmapInfo(NamedTuple):
    """One named bitmap as `query-named-block-nodes` shows it.

    Args:
        count_bytes: set bits times granularity; may exceed the image. Of a busy bitmap the frozen content.
        granularity_bytes: bytes a bit stands for.
        recording: of a busy bitmap the state of its successor.
    """

    node: str
    name: str
    count_bytes: int
    granularity_bytes: int
    recording: bool
    busy: bool
    persistent: bool
    inconsistent: bool


class NodeInfo(NamedTuple):
    """One block node.

    Args:
        backing: node name of its backing file, or None (from ``backing-image`` it cannot be told: None there too).
        bitmaps: named ones, newest first as QEMU lists them.
        compat: the format version of a qcow2 image (``0.10``, ``1.1``), None of everything else.
    """

    name: str
    driver: str
    size_bytes: int
    cluster_bytes: int | None
    readonly: bool
    backing_file: str | None
    bitmaps: tuple[BitmapInfo, ...]
    compat: str | None = None


class JobInfo(NamedTuple):
    """One job as `query-jobs` shows it; `error` only of a concluded one."""

    id: str
    type: str
    status: str
    current: int
    total: int
    error: str | None


def read_nodes(reply: Iterable[Mapping[str, Any]]) -> dict[str, NodeInfo]:
    """The nodes in a reply of `query-named-block-nodes`, by node name, in its order."""
    return {node.name: node for node in map(_node, reply)}


def read_jobs(reply: Iterable[Mapping[str, Any]]) -> dict[str, JobInfo]:
    """The jobs in a reply of `query-jobs`, by id, in its order."""
    return {
        job["id"]: JobInfo(
            job["id"], job["type"], job["status"], job["current-progress"], job["total-progress"], job.get("error")
        )
        for job in reply
    }


def _node(entry: Mapping[str, Any]) -> NodeInfo:
    name = entry["node-name"]
    image = entry["image"]
    return NodeInfo(
        name=name,
        driver=entry["drv"],
        size_bytes=image["virtual-size"],
        cluster_bytes=image.get("cluster-size"),
        readonly=entry["ro"],
        backing_file=entry.get("backing_file"),
        bitmaps=tuple(_bitmap(name, bitmap) for bitmap in entry.get("dirty-bitmaps", ()) if "name" in bitmap),
        compat=image.get("format-specific", {}).get("data", {}).get("compat"),
    )


def _bitmap(node: str, entry: Mapping[str, Any]) -> BitmapInfo:
    return BitmapInfo(
        node=node,
        name=entry["name"],
        count_bytes=entry["count"],
        granularity_bytes=entry["granularity"],
        recording=entry["recording"],
        busy=entry["busy"],
        persistent=entry["persistent"],
        inconsistent=entry.get("inconsistent", False),
    )
