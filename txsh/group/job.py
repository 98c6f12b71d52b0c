"""A job of a group, and how it is started on a bitmap of its own in place of the user's. Knows no shadow."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NamedTuple
else:
    from txsh.named import NamedTuple


class GroupJob(NamedTuple):
    """One job of a group.

    Args:
        id: the job's id.
        bitmap: its J on `node`; busy there as long as the job lives.
        node: its source.
        target: the node it writes to, as the list names it.
    """

    id: str
    bitmap: str
    node: str
    target: str


def reads_bitmap(data: Mapping[str, Any]) -> bool:
    """Whether a bitmap says what this backup copies."""
    return data["sync"] in ("incremental", "bitmap")


def consumes_bitmap(data: Mapping[str, Any]) -> bool:
    """Whether the success of this backup leaves its bitmap with nothing but what was written since it started.

    Source: block/backup.c, backup_cleanup_sync_bitmap; every mode but never, for every sync.
    """
    return "bitmap" in data and data.get("bitmap-mode") != "never"


def started_on(bitmap: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a backup is started with so that it holds a bitmap of ours and ends only when it is told to.

    The bitmap's content does not matter after the job, so none has mode always, which damages it when a transaction is
    rolled back (B9).
    """
    reads = reads_bitmap(data)
    return {
        **data,
        "sync": "bitmap" if reads else data["sync"],
        "bitmap": bitmap,
        "bitmap-mode": "never" if reads else "on-success",
        "auto-finalize": False,
    }
