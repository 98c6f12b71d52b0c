"""Jobs followed through their events: what each went through, how it ended, and whose pauses are whose.

Knows no command and sends nothing.
"""

from __future__ import annotations

from txsh.model.trace import JobRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.model.event import Event
    from txsh.syntax.source import Span

ENDED = frozenset(("concluded", "null"))
"""Gone counts as concluded."""

OUR_EXPORT = "txsh-"
"""Every export that txsh makes to read and write as the guest begins so."""

_PAUSES = {"paused": "running", "standby": "ready"}


class Start:
    """What is known of a job before QEMU tells of it.

    Attributes:
        span: the action that starts it.
        node, target: the user's names.
        finalizes: whether it goes from pending to its end without the user's doing.
        ends: whether it comes to an end by itself at all.
        group: index of its group in the trace, or None.
        members: the jobs that live or die with it; it joins them.
        type: QMP's word for it.
    """

    __slots__ = ("ends", "finalizes", "group", "members", "node", "span", "target", "type")

    def __init__(
        self, span: Span, node: str | None, target: str | None, *, finalizes: bool = True, ends: bool = True
    ) -> None:
        self.span = span
        self.node = node
        self.target = target
        self.finalizes = finalizes
        self.ends = ends
        self.group: int | None = None
        self.members: list[JobRecord] = []
        self.type = "backup"


class Jobs:
    """The jobs of a run.

    Attributes:
        records: every job of this run, in the order of creation; a list shared with the trace.
        others: somebody else may start jobs here, too: one that was not announced is not of this run, which
            follows it, but neither waits for it nor ends it.
        newest: the newest job of each id.
        manual: jobs that wait for the user's own finalize.
        endless: jobs that only a cancel ends.
        expected: jobs that an `expect` has named.
        cancelled: jobs that were cancelled here, and why.
        stopping: ids of jobs that our own rule will stop (`hold`).
        unexplained: jobs that failed, and only a look tells why.
    """

    __slots__ = (
        "_flapping",
        "_living",
        "_paused",
        "_starts",
        "cancelled",
        "endless",
        "expected",
        "manual",
        "newest",
        "others",
        "records",
        "stopping",
        "unexplained",
    )

    def __init__(self, records: list[JobRecord]) -> None:
        self.records = records
        self.others = False
        self.newest: dict[str, JobRecord] = {}
        self.manual: set[JobRecord] = set()
        self.endless: set[JobRecord] = set()
        self.expected: set[JobRecord] = set()
        self.cancelled: dict[JobRecord, str] = {}
        self.stopping: set[str] = set()
        self.unexplained: list[JobRecord] = []
        self._starts: dict[str, Start] = {}
        self._flapping: set[str] = set()
        self._living: dict[JobRecord, None] = {}
        self._paused: set[str] = set()

    def meet(self, job: str, job_type: str, status: str) -> None:
        """Take in a job that was there before this run."""
        record = self.newest[job] = JobRecord(job, job_type, None)
        record.statuses.append(status)

    def foreign(self) -> list[JobRecord]:
        """Those that were there before this run and live on."""
        return [record for record in self.newest.values() if record not in self.records and not has_ended(record)]

    def announce(self, starts: Mapping[str, Start]) -> None:
        """Say which jobs the next command will start. Their events may come before its reply."""
        self._starts = dict(starts)

    def withdraw(self) -> None:
        """Nothing announced is to come any more."""
        self._starts = {}

    def pause(self, job: str) -> bool:
        """The script pauses a job: its next pause is no accident. Returns whether that is news."""
        is_news = job not in self._paused
        self._paused.add(job)
        return is_news

    def pause_refused(self, job: str) -> None:
        """It is not paused by the script after all."""
        self._paused.discard(job)

    def pause_stopped(self, job: str) -> None:
        """The script pauses a job that our own rule has stopped: QEMU tells nothing of that."""
        self._flapping.discard(job)
        self._paused.add(job)
        self.newest[job].statuses.append("paused")

    def resume_stopped(self, job: str) -> None:
        """The script resumes it, but our own rule stops it still."""
        self._paused.discard(job)
        self._flapping.add(job)
        self.newest[job].statuses.append("running")

    def living(self) -> list[JobRecord]:
        """The jobs that have not come to their end."""
        return list(self._living)

    def follow(self, event: Event) -> bool:
        """Take one event in; returns whether it is incidental: nothing that the script did."""
        if event.name == "JOB_STATUS_CHANGE":
            return self._status(event.data["id"], event.data["status"])
        if event.name == "BLOCK_JOB_ERROR":
            return self._error(event.data)
        if event.name in ("BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED", "BLOCK_JOB_READY"):
            self._progress(event.name, event.data)
        return event.name == "BLOCK_EXPORT_DELETED" and str(event.data["id"]).startswith(OUR_EXPORT)

    def _status(self, job: str, status: str) -> bool:
        if self._is_flap(job, status):
            return True
        record = self.newest.get(job)
        if record is None or (has_ended(record) and status in ("created", "running")):
            record = self._create(job)
        record.statuses.append(status)
        if status in ENDED:
            self._living.pop(record, None)
            if record.outcome is None:
                self._conclude(record)
        return False

    def _conclude(self, record: JobRecord) -> None:
        """Say how a job ended of which no event of block jobs has told, by the states that it went through."""
        if "running" not in record.statuses:
            record.outcome, record.reason = "cancelled", "it never started"
        elif "aborting" not in record.statuses:
            record.outcome = "completed"
        elif record in self.cancelled:
            record.outcome, record.reason = "cancelled", self.cancelled[record]
        else:
            record.outcome = "failed"
            self.unexplained.append(record)

    def _is_flap(self, job: str, status: str) -> bool:
        """Source: every drain pauses and resumes the jobs it meets (block.c, drained_begin of a block job)."""
        if status in _PAUSES and job not in self._paused:
            self._flapping.add(job)
            return True
        if job in self._flapping and status in _PAUSES.values():
            self._flapping.discard(job)
            return True
        if status not in _PAUSES:
            self._paused.discard(job)
            self._flapping.discard(job)
        return False

    def _create(self, job: str) -> JobRecord:
        start = self._starts.pop(job, None)
        record = JobRecord(job, start.type if start else "unknown", start.span if start else None)
        if start is not None:
            record.node, record.target, record.group = start.node, start.target, start.group
            start.members.append(record)
            if not start.finalizes:
                self.manual.add(record)
            if not start.ends:
                self.endless.add(record)
        if start is not None or not self.others:
            self.records.append(record)
            self._living[record] = None
        self.newest[job] = record
        self._flapping.discard(job)
        self._paused.discard(job)
        return record

    def _error(self, data: Mapping[str, Any]) -> bool:
        job = data["device"]
        if data["action"] == "stop":
            if job in self.stopping:
                self.stopping.discard(job)
                return True
            self._paused.add(job)
        if job in self.newest:
            self.newest[job].failed_operation = data["operation"]
        return False

    def _progress(self, name: str, data: Mapping[str, Any]) -> None:
        record = self.newest.get(data["device"])
        if record is None:
            return
        record.type = data["type"]
        record.offset, record.length, record.speed = data["offset"], data["len"], data["speed"]
        if name == "BLOCK_JOB_CANCELLED":
            record.outcome, record.reason = "cancelled", self.cancelled.get(record)
        elif name == "BLOCK_JOB_COMPLETED":
            record.error = data.get("error")
            record.outcome = "completed" if record.error is None else "failed"


def has_ended(record: JobRecord) -> bool:
    """Whether a job has come to its end, dismissed or not."""
    return bool(record.statuses) and record.statuses[-1] in ENDED


def status(record: JobRecord) -> str:
    """Where a job is, or how it ended."""
    if has_ended(record):
        return record.outcome or "concluded"
    return record.statuses[-1] if record.statuses else "created"
