"""The little of QEMU that a group's moves are about: helper bitmaps, jobs, and answers that are given, refused or lost.

Every uncertainty is a choice, so that all of them can be tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.group.looked import bitmap, node
from txsh.group.move import Send, Tell
from txsh.model.event import Event, QmpError
from txsh.model.state import JobInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from txsh.group.move import Move
    from txsh.group.prepare import Prepared
    from txsh.group.vote import Group
    from txsh.group.wire import BitmapKey, QmpAction
    from txsh.model.state import NodeInfo


class Chooser:
    """Answers questions by a list of choices and 0 after its end; `next` gives the next list in order."""

    def __init__(self, given: list[int]) -> None:
        self.given = given
        self.asked: list[tuple[int, int]] = []

    def choose(self, options: int) -> int:
        place = len(self.asked)
        chosen = self.given[place] if place < len(self.given) else 0
        self.asked.append((chosen, options))
        return chosen

    def next(self) -> list[int] | None:
        while self.asked:
            chosen, options = self.asked.pop()
            if chosen + 1 < options:
                return [*(earlier for earlier, _ in self.asked), chosen + 1]
        return None


def every_choice() -> Iterator[Chooser]:
    """Choosers for all runs, depth first; each has to be used before the next is taken."""
    given: list[int] | None = []
    while given is not None:
        chooser = Chooser(given)
        yield chooser
        given = chooser.next()


class ModelQemu:
    """A QEMU after T1, and what is checked at every move.

    Attributes:
        adversities: how many more times something unlikely may happen.
        bitmaps: helpers that are there.
        commits: how often T3 was carried out.
        first_no: the reason that the group has to give, None while nothing speaks against it.
    """

    def __init__(self, prepared: Prepared, chooser: Chooser, adversities: int) -> None:
        self.prepared = prepared
        self.chooser = chooser
        self.adversities = adversities
        added = (data for (kind, data), _ in prepared.t1 if kind.endswith("-add"))
        self.bitmaps: set[BitmapKey] = {(data["node"], data["name"]) for data in added}
        self.jobs = {job.id: "running" for job in prepared.jobs}
        self.ending: dict[str, Event] = {}
        self.told: set[str] = set()
        self.commits = 0
        self.commit_sent = False
        self.first_no: str | None = None

    def is_living(self, job: str) -> bool:
        return self.jobs[job] != "gone"

    def events(self, group: Group) -> bool:
        """Let one job take one step; False when none can."""
        steps = [(job, step) for job, state in self.jobs.items() for step in self._steps(job, state)]
        if not steps:
            return False
        job, step = steps[self.chooser.choose(len(steps))]
        if step in ("fails", "is cancelled") and job not in self.told:
            self.adversities -= 1
        for event in self._step(job, step):
            group.heard(event)
        return True

    def _steps(self, job: str, state: str) -> list[str]:
        if state in ("aborting", "finalizing"):
            return ["ends"]
        if job in self.told:
            return ["is cancelled"] if state != "gone" else []
        likely = ["votes yes"] if state == "running" else []
        unlikely = {"running": ["fails", "is cancelled"], "pending": ["is cancelled"]}.get(state, [])
        return likely + (unlikely if self.adversities > 0 else [])

    def _step(self, job: str, step: str) -> list[Event]:
        if step == "votes yes":
            self.jobs[job] = "pending"
            return [_status(job, "waiting"), _status(job, "pending"), Event(0, "BLOCK_JOB_PENDING", {"id": job})]
        if step == "ends":
            self.jobs[job] = "gone"
            return [self.ending[job], _status(job, "concluded"), _status(job, "null")]
        self.jobs[job] = "aborting"
        if step == "fails":
            self.ending[job] = Event(0, "BLOCK_JOB_COMPLETED", {"device": job, "error": "Input/output error"})
            self._oppose(f"{job} failed: Input/output error")
        else:
            self.ending[job] = Event(0, "BLOCK_JOB_CANCELLED", {"device": job})
            self._oppose(f"{job} was cancelled")
        return [_status(job, "aborting")]

    def answer(self, move: Move, group: Group) -> None:
        """Carry out a transaction or a command, or not, and answer or not."""
        lost = self._chance()
        carried_out = not lost or self.chooser.choose(2) == 0
        error = self._carry_out(move) if carried_out else None
        if lost:
            self._lose_events()
            group.reply_lost()
        else:
            group.replied(error)

    def look(self) -> tuple[dict[str, NodeInfo], dict[str, JobInfo]]:
        shown: dict[str, NodeInfo] = {}
        for name in sorted({at for at, _ in self.bitmaps}):
            there = sorted(one for at, one in self.bitmaps if at == name)
            shown[name] = node(name, *(bitmap(one, busy=self._is_busy((name, one))) for one in there))
        living = {job: state for job, state in self.jobs.items() if state != "gone"}
        return shown, {job: JobInfo(job, "backup", state, 0, 0, None) for job, state in living.items()}

    def _chance(self) -> bool:
        """Whether something unlikely happens now."""
        if self.adversities <= 0 or self.chooser.choose(2) == 0:
            return False
        self.adversities -= 1
        return True

    def _lose_events(self) -> None:
        """What happens while the connection is gone is never told."""
        for job, state in self.jobs.items():
            if state in ("aborting", "finalizing") and self.chooser.choose(2) == 1:
                self.jobs[job] = "gone"
                if self.first_no in (f"{job} failed: Input/output error", f"{job} was cancelled"):
                    self.first_no = f"{job} ended before all had succeeded"

    def _oppose(self, reason: str) -> None:
        if self.first_no is None:
            self.first_no = reason

    def _carry_out(self, move: Move) -> QmpError | None:
        match move:
            case Send("commit", actions):
                assert not self.commit_sent, "the commit is sent twice"
                self.commit_sent = True
                return self._commit(actions)
            case Send(_, actions):
                return self._remove(actions)
            case Tell(command, job):
                return self._command(command, job)
            case _:
                raise AssertionError(move)

    def _commit(self, actions: tuple[QmpAction, ...]) -> QmpError | None:
        recorders = {(data["node"], data["name"]) for _, data in self.prepared.fence}
        if not recorders <= self.bitmaps or self._chance():
            self._oppose("the commit was refused: somebody has it")
            return QmpError("GenericError", "somebody has it")
        self.commits += 1
        for kind, data in actions:
            if kind.endswith("-add"):
                self.bitmaps.add((data["node"], data["name"]))
            if kind.endswith("-remove"):
                self.bitmaps.discard((data["node"], data["name"]))
        return None

    def _remove(self, actions: tuple[QmpAction, ...]) -> QmpError | None:
        keys = [(data["node"], data["name"]) for _, data in actions]
        assert keys, "nothing to remove"
        if self._chance():
            # Somebody else, a recovery, was faster with one of them.
            self.bitmaps.discard(keys[0])
        for key in keys:
            assert not self._is_busy(key), f"{key} is removed under its job"
            if key not in self.bitmaps:
                return QmpError("GenericError", f"Dirty bitmap '{key[1]}' not found")
        self.bitmaps.difference_update(keys)
        return None

    def _is_busy(self, key: BitmapKey) -> bool:
        return any(key == (job.node, job.bitmap) and self.is_living(job.id) for job in self.prepared.jobs)

    def _command(self, command: str, job: str) -> QmpError | None:
        recorders = {(data["node"], data["name"]) for _, data in self.prepared.fence}
        if command == "job-finalize":
            assert self.commits == 1, "a job is finalized without a commit"
            others = (state for other, state in self.jobs.items() if other != job)
            assert "finalizing" not in others, "two jobs end together"
        else:
            assert self.commits == 0, "a job is cancelled after the commit"
            assert not recorders & self.bitmaps, "a job is cancelled before the fence"
        if not self.is_living(job):
            return QmpError("GenericError", "Job not found")
        if self.jobs[job] in ("aborting", "finalizing"):
            return QmpError("GenericError", f"Job '{job}' in state '{self.jobs[job]}' cannot accept command verb")
        if command == "job-finalize":
            self.jobs[job] = "finalizing"
            self.ending[job] = Event(0, "BLOCK_JOB_COMPLETED", {"device": job})
        else:
            self.told.add(job)
        return None


def _status(job: str, status: str) -> Event:
    return Event(0, "JOB_STATUS_CHANGE", {"id": job, "status": status})
