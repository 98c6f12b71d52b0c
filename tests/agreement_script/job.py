"""What a random script says to its jobs. At that time each of them is at rest, so that the answer is no race."""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.session.job import has_ended

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_script.draft import Draft
    from txsh.model.trace import JobRecord

_VERBS = ("pause", "resume", "finalize", "dismiss", "complete", "speed")
_LIKELY = {"paused": "resume", "pending": "finalize", "running": "pause", "concluded": "dismiss"}
_SPEEDS = ("0", "4G", "4G", "-1")
"""Fast enough to take no time."""


class JobAuthor:
    """Writes `pause`, `resume`, `finalize`, `dismiss`, `complete` and `speed`."""

    def __init__(self, random: Random, draft: Draft) -> None:
        self._random = random
        self._draft = draft

    def any(self) -> None:
        """One of them, mostly one that makes sense."""
        random, newest = self._random, self._draft.session.jobs.newest
        if not newest:
            return
        living = self._draft.living()
        record = random.choice(living) if living and random.random() < 0.8 else newest[random.choice(sorted(newest))]
        verb = _LIKELY.get(record.statuses[-1], "speed") if random.random() < 0.6 else random.choice(_VERBS)
        self._say(verb, record)

    def further(self) -> bool:
        """One that takes a job further which waits for that; whether there is one."""
        waiting = [record for record in self._draft.living() if record.statuses[-1] == "paused"]
        manual = self._draft.session.jobs.manual
        waiting += [record for record in self._draft.living() if record.statuses[-1] == "pending" and record in manual]
        if not waiting:
            return False
        record = self._random.choice(waiting)
        self._say(_LIKELY[record.statuses[-1]], record)
        return True

    def _say(self, verb: str, record: JobRecord) -> None:
        if verb == "speed" and record.id in self._draft.endless:
            # A slow one is woken by it, and a new one goes on as it was: nothing to see.
            return
        text = f"{verb} {record.id}"
        if verb == "speed":
            text += f" {self._random.choice(_SPEEDS)}"
        if self._draft.write(text) and verb == "pause" and not has_ended(record):
            # On a real QEMU it comes to that a moment later.
            self._draft.write(f"wait {record.id} for=paused")
