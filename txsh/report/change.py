"""A change of a trace in words: what a bitmap, a node or a job was before and is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.model.size import format_size

if TYPE_CHECKING:
    from txsh.model.state import BitmapInfo
    from txsh.model.trace import JobRecord


def bitmap_change(before: BitmapInfo | None, after: BitmapInfo | None) -> str:
    """What is different about a bitmap; None: it does not exist."""
    if after is None:
        assert before is not None
        return f"removed (dirty {format_size(before.count_bytes)})"
    if before is None:
        return f"new, {bitmap_state(after)}"
    words = []
    if before.count_bytes != after.count_bytes:
        words.append(f"dirty {format_size(before.count_bytes)} -> {format_size(after.count_bytes)}")
    for flag, on, off in _WORDS:
        if getattr(before, flag) != getattr(after, flag):
            words.append(on if getattr(after, flag) else off)
    return ", ".join(words)


def bitmap_state(bitmap: BitmapInfo) -> str:
    """A bitmap as it is: what is usual about one is not said."""
    words = [f"dirty {format_size(bitmap.count_bytes)}"]
    words += [on if getattr(bitmap, flag) else off for flag, on, off in _WORDS if getattr(bitmap, flag) != _USUAL[flag]]
    return ", ".join(words)


def job_line(status: str, record: JobRecord) -> str:
    """Where a job is.

    Args:
        status: the status or outcome at the moment that is told of; the record may know later ones.
    """
    if status == "completed":
        return f"completed: {format_size(record.offset)} copied"
    if status == "failed":
        operation = f" ({record.failed_operation} error)" if record.failed_operation else ""
        return f"failed: {record.error}{operation}, {_progress(record)}"
    if status == "cancelled":
        return f"cancelled ({record.reason or 'by somebody else'}), {_progress(record)}"
    return f"{status}: {_purpose(record)}"


_USUAL = {"recording": True, "busy": False, "persistent": False, "inconsistent": False}
_WORDS = (
    ("recording", "recording again", "not recording"),
    ("busy", "in use", "free"),
    ("persistent", "persistent", "no longer persistent"),
    ("inconsistent", "inconsistent", "consistent again"),
)


def _purpose(record: JobRecord) -> str:
    if record.node is None:
        return record.type
    target = f" to {record.target}" if record.target else ""
    return f"{record.type} of {record.node}{target}"


def _progress(record: JobRecord) -> str:
    return f"{format_size(record.offset)} of {format_size(record.length)} copied"
