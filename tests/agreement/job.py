"""The job commands of a random conversation: mostly such as the job's state allows, sometimes any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

_ANY = ("cancel", "pause", "resume", "finalize", "dismiss", "complete", "change")
_FITTING = {
    "running": ("cancel", "pause", "release", "release", "release"),
    "paused": ("cancel", "resume", "resume", "resume", "release"),
    "waiting": ("cancel", "finalize"),
    "pending": ("cancel", "finalize", "finalize"),
    "concluded": ("dismiss",),
}


def command(random: Random, jobs: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """A command to one of the jobs that ``query-jobs`` shows, seldom to none of them."""
    job = random.choice(jobs) if jobs and random.random() < 0.97 else {"id": "none", "status": "none"}
    verbs = _FITTING.get(job["status"], _ANY) if random.random() < 0.75 else _ANY
    verb = random.choice(verbs)
    if verb == "release":
        return "block-job-set-speed", {"device": job["id"], "speed": 0}
    if verb == "change":
        return "block-job-change", {"id": job["id"], "type": "backup"}
    if random.random() < 0.6:
        return f"job-{verb}", {"id": job["id"]}
    arguments: dict[str, Any] = {"id" if verb in ("finalize", "dismiss") else "device": job["id"]}
    if verb == "cancel" and random.random() < 0.5:
        arguments["force"] = True
    return f"block-job-{verb}", arguments
