"""Everything that QEMU might say to one action, whatever its state: to find the action that a text belongs to.

Made from the action's own names, so a text that fits one action and no other tells which it was.
"""

from __future__ import annotations

from txsh.group import text
from txsh.group.wire import ABORT, ADD, BACKUP, DRIVE_BACKUP, MERGE, REMOVE, merge_sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from txsh.group.wire import QmpAction


def may_be_told(action: QmpAction, description: str, version: tuple[int, int]) -> bool:
    """Whether QEMU has a reason to say this of this action."""
    kind, data = action
    if kind == ABORT:
        return description == text.ABORTED or description == text.not_grouped(kind, version)
    if _is_about_value(description, kind, data):
        return True
    if kind in (BACKUP, DRIVE_BACKUP):
        return description in set(_of_backup(data)) or description.startswith(tuple(_beginnings_of_backup(data)))
    if description == text.not_grouped(kind, version):
        return True
    if kind == ADD:
        beginning = text.NOT_STORABLE_IN.format(data["name"], data["node"], "")
        return description in set(_of_add(data)) or description.startswith(beginning)
    if kind == MERGE:
        return description in set(_of_merge(data)) or description.startswith(text.SIZES.partition("{")[0])
    return "node" in data and "name" in data and description in set(_of_bitmap(data["node"], data["name"], kind))


def _is_about_value(description: str, kind: str, data: Mapping[str, Any]) -> bool:
    """The visitor's words about a value that its member does not take; they name no action."""
    member, word, value = description.removeprefix("Parameter '").partition("' does not accept value '")
    if not word:
        return description == "Parameter 'granularity' expects uint32_t" and "granularity" in data
    return value == f"{kind if member == 'type' else data.get(member)}'"


def _of_bitmap(node: str, name: str, kind: str = "") -> Iterator[str]:
    yield text.NO_NODE.format(node)
    yield text.NO_BITMAP.format(name)
    yield text.IN_USE.format(name)
    yield text.READONLY.format(name)
    yield text.INCONSISTENT.format(name)
    if kind == REMOVE:
        yield text.REMOVE_READONLY.format(name, node)


def _of_add(data: Mapping[str, Any]) -> Iterator[str]:
    name, node = data["name"], data["node"]
    if not name:
        yield text.EMPTY_NAME
    if "granularity" in data:
        yield text.GRANULARITY
    yield text.NO_DEVICE.format(node)
    yield text.EXISTS.format(name)
    yield text.TOO_LONG.format(name)
    if data.get("persistent"):
        yield text.NOT_STORABLE.format(node)
        yield text.NOT_STORABLE_READONLY.format(node)


def _of_merge(data: Mapping[str, Any]) -> Iterator[str]:
    yield from _of_bitmap(data["node"], data["target"])
    for node, name in merge_sources(data, data["node"]):
        yield from _of_bitmap(node, name)
    if not data["bitmaps"]:
        yield text.MERGE_OF_NOTHING


def _of_backup(data: Mapping[str, Any]) -> Iterator[str]:
    job, sync = data.get("job-id", ""), data["sync"]
    yield text.NO_DEVICE.format(data["device"])
    yield text.NO_DEVICE.format(data["target"])
    yield text.BAD_JOB_ID.format(job)
    yield text.JOB_ID_TAKEN.format(job)
    yield text.SAME_NODE
    yield text.OTHER_SIZE
    yield from _of_backup_bitmap(data, sync)
    if "compress" in data:
        yield text.NO_COMPRESSION
    if "speed" in data:
        yield text.NEGATIVE_SPEED
    if "max-workers" in data.get("x-perf", {}):
        yield text.MAX_WORKERS
    if "max-chunk" in data.get("x-perf", {}):
        yield text.MAX_CHUNK


def _of_backup_bitmap(data: Mapping[str, Any], sync: str) -> Iterator[str]:
    name = data.get("bitmap")
    if name is None:
        yield text.NEEDS_BITMAP.format(sync)
        if "bitmap-mode" in data:
            yield text.MODE_WITHOUT_BITMAP
    else:
        yield text.NO_BACKUP_BITMAP.format(name)
        yield text.IN_USE.format(name)
        yield text.READONLY.format(name)
        yield text.INCONSISTENT.format(name)
        yield text.NEVER_WITH.format(sync)
        if "bitmap-mode" not in data:
            yield text.NEEDS_MODE
    if sync == "none":
        yield text.SYNC_NONE_BITMAP
    if sync == "incremental" and "bitmap-mode" in data:
        yield text.NEEDS_ON_SUCCESS


def _beginnings_of_backup(data: Mapping[str, Any]) -> Iterator[str]:
    yield text.NO_FILTER.format("")
    for node in (data["device"], data["target"]):
        yield f"Node '{node}' is busy: "
        yield f"Permission conflict on node '{node}': "
    if "min-cluster-size" in data.get("x-perf", {}):
        yield text.CLUSTER_TOO_LARGE.partition("{")[0]
    if "max-chunk" in data.get("x-perf", {}):
        yield f"Required max-chunk ({data['x-perf']['max-chunk']}) is less than "
