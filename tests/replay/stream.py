"""What happened between a client and QEMU, as one stream of commands and events, and what of it can be compared.

Two runs of the same commands agree job by job. Across jobs only the members of a grouped transaction have an order,
and only in how they end; everything else is a race of the moment.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_ENDINGS = {"BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED"}
_ENDING_STATES = {"pending", "aborting", "concluded", "null"}
_PAUSES = {"job-pause", "block-job-pause"}
_RESUMES = {"job-resume", "block-job-resume"}


class Happening(NamedTuple):
    """One event worth comparing, with the line of the recording it stands on (0 when it is from the replay)."""

    line: int
    name: str
    data: dict[str, Any]

    @property
    def job(self) -> str:
        """Whose event it is; empty for events that are about no job."""
        value = self.data.get("id", self.data.get("device", ""))
        return str(value) if self.name.startswith(("JOB_", "BLOCK_JOB_")) else ""

    @property
    def told(self) -> tuple[str, dict[str, Any]]:
        """What counts when two are compared."""
        return self.name, self.data

    def __str__(self) -> str:
        return f"{self.name} {self.data}"


class Stream:
    """Collects commands and events in the order they happened, and drops what nobody asked for.

    Args:
        strict: keep the pauses that no command asked for, and every repeated error.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.events: list[Happening] = []
        self.by_job: dict[str, list[Happening]] = {}
        self.by_group: dict[int, list[tuple[str, Happening]]] = {}
        self._strict = strict
        self._groups = 0
        self._group_of: dict[str, int] = {}
        self._paused: set[str] = set()
        self._dropping: set[str] = set()

    def command(self, message: dict[str, Any]) -> None:
        """Note a command when it is sent."""
        arguments = message.get("arguments", {})
        job = arguments.get("id", arguments.get("device"))
        if message["execute"] in _PAUSES:
            self._paused.add(job)
        elif message["execute"] == "transaction":
            self._group(arguments)

    def reply(self, message: dict[str, Any], *, accepted: bool) -> None:
        """Note how a command was answered."""
        arguments = message.get("arguments", {})
        job = arguments.get("id", arguments.get("device"))
        refused_pause = message["execute"] in _PAUSES and not accepted and not self._is_paused(job)
        if refused_pause or (message["execute"] in _RESUMES and accepted):
            self._paused.discard(job)

    def event(self, line: int, name: str, data: dict[str, Any]) -> None:
        """Note an event when it comes."""
        happening = Happening(line, name, data)
        self.events.append(happening)
        job = happening.job
        own = self.by_job.setdefault(job, [])
        if name == "BLOCK_EXPORT_DELETED" or self._unasked(happening, own):
            return
        own.append(happening)
        group = self._group_of.get(job)
        if group is not None and (name in _ENDINGS or data.get("status") in _ENDING_STATES):
            self.by_group.setdefault(group, []).append((job, happening))

    @property
    def alive(self) -> bool:
        """Whether some job has been created and not ended."""
        return any(job and own and own[-1].data.get("status") != "null" for job, own in self.by_job.items())

    def _group(self, arguments: dict[str, Any]) -> None:
        self._groups += 1
        grouped = (arguments.get("properties") or {}).get("completion-mode") == "grouped"
        for action in arguments.get("actions", ()):
            job = isinstance(action, dict) and isinstance(action.get("data"), dict) and action["data"].get("job-id")
            if job and grouped:
                self._group_of[job] = self._groups
            elif job:
                self._group_of.pop(job, None)

    def _unasked(self, happening: Happening, own: list[Happening]) -> bool:
        job, status = happening.job, happening.data.get("status")
        if self._strict:
            return False
        if happening.name == "BLOCK_JOB_ERROR":
            if happening.data.get("action") == "stop":
                self._paused.add(job)
            return bool(own) and happening.data.get("action") == "ignore" and own[-1].told == happening.told
        if status == "paused" and job not in self._paused:
            self._dropping.add(job)
            return True
        if status == "running":
            if job in self._dropping:
                self._dropping.discard(job)
                return True
            self._paused.discard(job)
        return False

    def _is_paused(self, job: str) -> bool:
        own = self.by_job.get(job)
        return bool(own) and own is not None and own[-1].data.get("status") == "paused"


class Difference(NamedTuple):
    """Where two streams part: the line of the recording (None: nothing stands there), what it says and what came."""

    line: int | None
    expected: str
    got: str


def first_difference(recorded: Stream, replayed: Stream, *, ended: bool) -> Difference | None:
    """Compare two streams job by job and group by group.

    Args:
        ended: nothing more may come, so the recorded stream says everything; else the replayed one may be ahead.
    """
    for job in {**recorded.by_job, **replayed.by_job}:
        found = _part(recorded.by_job.get(job, []), replayed.by_job.get(job, []), ended=ended)
        if found:
            return found
    for group, order in recorded.by_group.items():
        expected = [(job, happening.told) for job, happening in order]
        got = [(job, happening.told) for job, happening in replayed.by_group.get(group, [])]
        for index, (want, have) in enumerate(zip(expected, got, strict=False)):
            if want != have:
                return Difference(order[index][1].line, f"in its group's order: {want}", str(have))
    return None


def awaited(recorded: Stream, replayed: Stream) -> Happening | None:
    """The first recorded event that the replay has not shown yet."""
    for job, own in recorded.by_job.items():
        have = len(replayed.by_job.get(job, ()))
        if have < len(own):
            return own[have]
    return None


def _part(recorded: list[Happening], replayed: list[Happening], *, ended: bool) -> Difference | None:
    for want, have in zip(recorded, replayed, strict=False):
        if want.told != have.told:
            return Difference(want.line, str(want), str(have))
    if len(replayed) < len(recorded):
        return Difference(recorded[len(replayed)].line, str(recorded[len(replayed)]), "nothing")
    if ended and len(replayed) > len(recorded) and not _unheard(replayed[len(recorded) - 1 :]):
        return Difference(None, "nothing", str(replayed[len(recorded)]))
    return None


def _unheard(last: list[Happening]) -> bool:
    """Whether only the echo of a job's last state is left, which a recorder that ends there does not wait for."""
    return [happening.name for happening in last] == ["JOB_STATUS_CHANGE", "BLOCK_JOB_PENDING"]
