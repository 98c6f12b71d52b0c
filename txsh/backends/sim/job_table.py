"""The two tables of jobs: which state may follow which, and which verb is accepted in which state."""

from __future__ import annotations

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "undefined": ("created",),
    "created": ("running", "aborting", "null"),
    "running": ("paused", "ready", "waiting", "aborting"),
    "paused": ("running",),
    "ready": ("standby", "waiting", "aborting"),
    "standby": ("ready",),
    "waiting": ("pending", "aborting"),
    "pending": ("aborting", "concluded"),
    "aborting": ("aborting", "concluded"),
    "concluded": ("null",),
    "null": (),
}
"""To which states a state may change. Source: QEMU job.c, JobSTT."""

_ALIVE = ("created", "running", "paused", "ready", "standby")
VERBS: dict[str, tuple[str, ...]] = {
    "cancel": (*_ALIVE, "waiting", "pending"),
    "pause": _ALIVE,
    "resume": _ALIVE,
    "set-speed": _ALIVE,
    "complete": ("ready", "standby"),
    "finalize": ("pending",),
    "dismiss": ("concluded",),
    "change": _ALIVE,
}
"""In which states a verb is accepted. Source: QEMU job.c, JobVerbTable."""

COMPLETED = ("waiting", "pending", "aborting", "concluded", "null")
"""The states of a job whose work is over, whatever came of it. Source: QEMU job.c, job_is_completed_locked."""
