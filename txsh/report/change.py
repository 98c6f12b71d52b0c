"""A change of a trace in words: what a bitmap, a node or a job was before and is now."""

from __future__ import annotations

from txsh.model.size import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.model.state import BitmapInfo
    from txsh.model.trace import JobRecord

_FLAGS = (
    ("recording", True, "recording again", "not recording"),
    ("busy", False, "in use", "free"),
    ("persistent", False, "persistent", "no longer persistent"),
    ("inconsistent", False, "inconsistent", "consistent again"),
)
"""Each flag of a bitmap: its name, what is usual, and the words for true and false."""


def bitmap_change(before: BitmapInfo | None, after: BitmapInfo | None) -> str:
    """What is different about a bitmap; None: it does not exist."""
    if after is None:
        assert before is not None
        return f"removed, was {bitmap_state(before)}"
    if before is None:
        return f"new, {bitmap_state(after)}"
    words = [
        f"{word} {format_size(old)} -> {format_size(new)}"
        for word, old, new in (
            ("dirty", before.count_bytes, after.count_bytes),
            ("granularity", before.granularity_bytes, after.granularity_bytes),
        )
        if old != new
    ]
    for flag, _, on, off in _FLAGS:
        if getattr(before, flag) != getattr(after, flag):
            words.append(on if getattr(after, flag) else off)
    return ", ".join(words)


def bitmap_state(bitmap: BitmapInfo) -> str:
    """A bitmap as it is: what is usual about one is not said."""
    words = [f"dirty {format_size(bitmap.count_bytes)}"]
    for flag, usual, on, off in _FLAGS:
        if getattr(bitmap, flag) != usual:
            words.append(off if usual else on)
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


def _purpose(record: JobRecord) -> str:
    if record.node is None:
        return record.type
    target = f" to {record.target}" if record.target else ""
    return f"{record.type} of {record.node}{target}"


def _progress(record: JobRecord) -> str:
    return f"{format_size(record.offset)} of {format_size(record.length)} copied"
