"""One line that says how far running jobs are, refreshed in place on a terminal and gone when the story goes on.

Knows no clock: it changes when a record comes.
"""

from __future__ import annotations

from txsh.model.event import Event
from txsh.model.size import format_size
from txsh.model.state import read_jobs
from txsh.model.trace import Exchange, StatementRecord
from txsh.report.visible import visible
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ERASE = "\r\x1b[K"
_GONE = frozenset(("concluded", "null"))


class Progress:
    """The line.

    Args:
        write: to the terminal.
        width: its columns.
    """

    __slots__ = ("_jobs", "_shown", "_width", "_write")

    def __init__(self, write: Callable[[str], None], width: int) -> None:
        self._write = write
        self._width = width
        self._jobs: dict[str, str] = {}
        self._shown = False

    def take(self, record: object) -> None:
        """Take a record of the run in; what is told permanently makes room for itself."""
        if isinstance(record, StatementRecord | Diagnostic):
            self.clear()
        elif isinstance(record, Event):
            self._follow(record)
        elif isinstance(record, Exchange) and record.command == "query-jobs" and record.error is None:
            self._look(record)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write(_ERASE)
            self._shown = False

    def _follow(self, event: Event) -> None:
        if event.name != "JOB_STATUS_CHANGE":
            return
        if event.data["status"] in _GONE:
            self._jobs.pop(event.data["id"], None)

    def _look(self, exchange: Exchange) -> None:
        for job in read_jobs(exchange.reply).values():
            if job.status in _GONE:
                continue
            percent = f" {100 * job.current // job.total}%" if job.total else ""
            of = f"{format_size(job.current)} of {format_size(job.total)}"
            self._jobs[job.id] = f"{visible(job.id)} {job.status}{percent} ({of})"
        self.clear()
        if self._jobs:
            self._write("; ".join(self._jobs.values())[: self._width - 1])
            self._shown = True
