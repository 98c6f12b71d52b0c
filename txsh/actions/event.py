"""The events that `expect event` can name, and what their members are.

Those that the block layer, its jobs and the machine's run state send; one that is misspelled would never be seen, and
`expect no event` would pass for ever.

Source: the recorded schemas of QEMU 7.2, 10.0 and 11.1; an event has here what it has in any of them.
"""

from __future__ import annotations

from txsh.actions.base import Kind, Param

JOB_STATUSES = (
    "undefined",
    "created",
    "running",
    "paused",
    "ready",
    "standby",
    "waiting",
    "pending",
    "aborting",
    "concluded",
    "null",
)


def _text(name: str) -> Param:
    return Param(name, Kind.STRING, f"the event's {name}; * matches anything")


def _size(name: str) -> Param:
    return Param(name, Kind.SIZE, f"the event's {name}")


def _boolean(name: str) -> Param:
    return Param(name, Kind.BOOLEAN, f"the event's {name}")


def _choice(name: str, *choices: str) -> Param:
    return Param(name, Kind.CHOICE, f"the event's {name}", choices=choices)


_OPERATION = _choice("operation", "read", "write")
_ACTION = _choice("action", "ignore", "report", "stop")
_TYPES = (
    "backup",
    "commit",
    "stream",
    "mirror",
    "create",
    "amend",
    "snapshot-load",
    "snapshot-save",
    "snapshot-delete",
)
_TYPE = _choice("type", *_TYPES)
_PROGRESS = (_TYPE, _text("device"), _size("len"), _size("offset"), _size("speed"))
_SHUTDOWN = (_boolean("guest"), _text("reason"))

EVENTS: dict[str, tuple[Param, ...]] = {
    "JOB_STATUS_CHANGE": (_text("id"), _choice("status", *JOB_STATUSES)),
    "BLOCK_JOB_COMPLETED": (*_PROGRESS, _text("error")),
    "BLOCK_JOB_CANCELLED": _PROGRESS,
    "BLOCK_JOB_ERROR": (_text("device"), _OPERATION, _ACTION),
    "BLOCK_JOB_READY": _PROGRESS,
    "BLOCK_JOB_PENDING": (_TYPE, _text("id")),
    "BLOCK_IO_ERROR": (
        _text("qom-path"),
        _text("device"),
        _text("node-name"),
        _OPERATION,
        _ACTION,
        _boolean("nospace"),
        _text("reason"),
    ),
    "BLOCK_IMAGE_CORRUPTED": (
        _text("device"),
        _text("node-name"),
        _text("msg"),
        _size("offset"),
        _size("size"),
        _boolean("fatal"),
    ),
    "BLOCK_WRITE_THRESHOLD": (_text("node-name"), _size("amount-exceeded"), _size("write-threshold")),
    "BLOCK_EXPORT_DELETED": (_text("id"),),
    "QUORUM_FAILURE": (_text("reference"), _size("sector-num"), _size("sectors-count")),
    "QUORUM_REPORT_BAD": (
        _choice("type", "read", "write", "flush"),
        _text("error"),
        _text("node-name"),
        _size("sector-num"),
        _size("sectors-count"),
    ),
    "STOP": (),
    "RESUME": (),
    "RESET": _SHUTDOWN,
    "POWERDOWN": (),
    "DEVICE_DELETED": (_text("device"), _text("path")),
    "SHUTDOWN": _SHUTDOWN,
}
"""The members of each event, in QMP's order."""
