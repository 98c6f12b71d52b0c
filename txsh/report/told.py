"""What a story has told already of the jobs of a trace, so that the rest can be told once."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from txsh.model.trace import Change, JobRecord, Trace

ENDED = frozenset(("completed", "failed", "cancelled"))


class ToldJobs:
    """The jobs of a trace, with the status of each that was told last."""

    __slots__ = ("_newest", "_statuses", "_trace")

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._newest: dict[str, int] = {}
        self._statuses: dict[int, str] = {}

    def take(self, change: Change) -> JobRecord:
        """The job that a change is about, which counts as told. An id that begins anew is the next job of that id."""
        index = self._newest.get(change.name, -1)
        if change.before is None:
            jobs = self._trace.jobs
            index = next(place for place in range(index + 1, len(jobs)) if jobs[place].id == change.name)
            self._newest[change.name] = index
        self._statuses[index] = str(change.after)
        return self._trace.jobs[index]

    def have_ended(self, group: int) -> bool:
        """Whether every job of a group was told to have ended."""
        members = [index for index, record in enumerate(self._trace.jobs) if record.group == group]
        return all(self._statuses.get(index) in ENDED for index in members)

    def left(self) -> Iterator[tuple[JobRecord, str]]:
        """The jobs that are not where they were told to be, with where they are."""
        for index, record in enumerate(self._trace.jobs):
            status = record.outcome or (record.statuses[-1] if record.statuses else "created")
            if self._statuses.get(index) != status:
                yield record, status
