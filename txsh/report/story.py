"""The story of a run, told as it goes: each statement with its place, what it changed, what became of jobs and groups.

Made from a trace's statements one by one, so it is the same text while the run goes on and from a finished trace.
Where it is written to, and the diagnostics beside it, are not its business.
"""

from __future__ import annotations

from txsh.report.change import bitmap_change, bitmap_state, job_line
from txsh.report.listing import caret, listing
from txsh.report.paint import Paint
from txsh.report.told import ToldJobs
from txsh.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from txsh.model.state import BitmapInfo
    from txsh.model.trace import Change, GroupRecord, JobRecord, StatementRecord, Trace
    from txsh.syntax.source import Source, Span

_TEXT = 7
"""Columns before a statement's text; the number of its line stands in the first five."""
_DETAIL = 9
"""Columns before what became of it."""

_STDERR_LINES_MAX = 40
"""More of what QEMU said is in the trace alone; a crash is told at the end."""

_MEANING = {"all": "nothing of it has happened", "jobs": "what was immediate stays"}
"""What it means that a transaction was cancelled."""


class Story:
    """Tells one run.

    Args:
        trace: of the run; it may still grow.
        write: takes the text, line by line.
        prelude: the text that made the world; it is told in one line.
        color: whether the reader takes colours.
    """

    __slots__ = ("_bitmaps", "_groups_told", "_implied", "_jobs", "_paint", "_prelude", "_trace", "_world", "_write")

    def __init__(
        self, trace: Trace, write: Callable[[str], None], *, prelude: Source | None = None, color: bool = False
    ) -> None:
        self._trace = trace
        self._write = write
        self._prelude = prelude
        self._paint = Paint(color=color)
        self._bitmaps: dict[str, BitmapInfo] = {}
        self._implied: list[StatementRecord] = []
        self._jobs = ToldJobs(trace)
        self._groups_told: set[int] = set()
        self._world: list[str] = []

    def begin(self, name: str) -> None:
        """The first line: what is run, on which backend."""
        backend, version = self._trace.backend, "{}.{}".format(*self._trace.version)
        told = backend if version in backend else f"{backend}, QEMU {version}"
        self._write(f"{self._paint('bold', visible(name))} on {visible(told)}\n")
        self._bitmaps.update(self._trace.bitmaps_before)

    def statement(self, record: StatementRecord) -> None:
        """Tell one statement; statements come in order."""
        if record.span.source is self._prelude and record.outcome == "done":
            self._world += [f"{change.name} {change.after}" for change in record.changes if change.kind == "node"]
            self._remember(record.changes)
            return
        self._tell_world()
        if record.outcome == "implied":
            self._implied.append(record)
            return
        self._tell_text(record.span, record.culprit)
        for implied in self._implied:
            self._tell_nodes(implied)
        self._implied = []
        self._tell_outcome(record)
        self._remember(record.changes)
        self._tell_jobs(record.changes)
        self._tell_groups(record.span)
        self._tell_bitmaps(record.changes)
        for line in () if record.output is None else record.output.split("\n"):
            self._line(visible(line))

    def end(self) -> None:
        """Tell what happened after the last statement, and the verdict. The trace is finished."""
        self._tell_world()
        for implied in self._implied:
            self._tell_text(implied.span, None)
            self._tell_nodes(implied)
        self._tell_rest()
        self._tell_stderr()
        verdict = self._trace.verdict
        reason = f": {visible(verdict.reason)}" if verdict.reason else ""
        self._write(f"{self._paint(verdict.word, verdict.word)}{reason}\n")
        if verdict.unknown:
            self._line(f"unknown whether it was done: {visible(verdict.unknown)}")

    def _tell_world(self) -> None:
        if self._world:
            bitmaps = [f"{name} {bitmap_state(bitmap)}" for name, bitmap in self._bitmaps.items()]
            self._line(self._paint("dim", visible(f"world: {'; '.join(self._world + bitmaps)}")), _TEXT)
            self._world = []

    def _tell_text(self, span: Span, culprit: Span | None) -> None:
        """The statement as it was written; a caret under the one action of several that was refused."""
        under, carets = caret(span, culprit) if culprit and culprit != span else (0, "")
        for number, text in listing(span):
            self._write(f"{self._paint('dim', f'{number:5}')}  {text}\n")
            if number == under:
                self._line(self._paint("refused", carets), _TEXT)

    def _tell_outcome(self, record: StatementRecord) -> None:
        if record.refusal is not None:
            expected = record.outcome == "refused-as-expected"
            word = "refused as expected" if expected else self._paint("refused", "refused")
            self._line(f"{word}: {visible(record.refusal.description)}")
        elif record.outcome == "failed":
            self._line(self._paint("failed", "failed"))

    def _tell_nodes(self, implied: StatementRecord) -> None:
        """Nodes that nobody wrote; of a `drive` the statement itself says it all."""
        for change in implied.changes:
            self._line(f"node {visible(change.name)}: {visible(str(change.after))}, made for it")

    def _tell_jobs(self, changes: Iterable[Change]) -> None:
        told = [(self._jobs.take(change), str(change.after)) for change in changes if change.kind == "job"]
        self._tell_in_turn(told)

    def _tell_in_turn(self, jobs: Iterable[tuple[JobRecord, str]]) -> None:
        """Jobs that were cancelled come last: what they were cancelled for is told before."""
        for record, status in sorted(jobs, key=lambda job: job[1] == "cancelled"):
            self._line(self._job(record, status))

    def _tell_bitmaps(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.kind == "bitmap":
                assert not isinstance(change.before, str)
                assert not isinstance(change.after, str)
                self._line(f"bitmap {visible(change.name)}: {bitmap_change(change.before, change.after)}")

    def _job(self, record: JobRecord, status: str) -> str:
        word = self._paint(status, status)
        return f"job {visible(record.id)} {word}{visible(job_line(status, record).removeprefix(status))}"

    def _tell_groups(self, here: Span | None) -> None:
        """Groups that are decided: all their jobs were told to have ended, or they had none and stand here."""
        for index, group in enumerate(self._trace.groups):
            if index in self._groups_told or group.outcome is None:
                continue
            if here is None or (self._jobs.have_ended(index) if group.jobs else group.span == here):
                self._groups_told.add(index)
                self._line(self._group(group))

    def _group(self, group: GroupRecord) -> str:
        outcome = group.outcome or "undecided"
        meaning = f", {_MEANING[group.cancel]}" if outcome == "cancelled" else ""
        reason = f": {visible(group.reason)}" if group.reason else ""
        return f"transaction cancel={group.cancel} {self._paint(outcome, outcome)}{meaning}{reason}"

    def _tell_rest(self) -> None:
        """What is different at the end from what was told last."""
        lines: list[str] = []
        write, self._write = self._write, lines.append
        self._tell_in_turn(list(self._jobs.left()))
        self._tell_groups(None)
        self._tell_bitmaps(self._last_changes())
        self._write = write
        if lines:
            self._line(self._paint("dim", "end of the script"), _TEXT)
            self._write("".join(lines))

    def _tell_stderr(self) -> None:
        """What QEMU itself said, when something went wrong."""
        verdict, said = self._trace.verdict, self._trace.stderr
        if not said or verdict.word not in ("failed", "lost") or said in (verdict.reason or ""):
            return
        self._line(self._paint("dim", "QEMU's standard error"), _TEXT)
        lines = said.splitlines()
        for line in lines[-_STDERR_LINES_MAX:]:
            self._line(visible(line))
        if len(lines) > _STDERR_LINES_MAX:
            self._line(f"({len(lines) - _STDERR_LINES_MAX} lines before these are in the trace, --format json)")

    def _last_changes(self) -> list[Change]:
        from txsh.model.trace import Change  # noqa: PLC0415  # reports read traces, only here one makes a value of them

        after = self._trace.bitmaps
        if after is None:
            return []
        names = [*(name for name in self._bitmaps if name not in after), *after]
        changes = [Change("bitmap", name, self._bitmaps.get(name), after.get(name)) for name in names]
        return [change for change in changes if change.before != change.after]

    def _remember(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.kind == "bitmap" and not isinstance(change.after, str):
                if change.after is None:
                    self._bitmaps.pop(change.name, None)
                else:
                    self._bitmaps[change.name] = change.after

    def _line(self, text: str, margin: int = _DETAIL) -> None:
        self._write(" " * margin + text + "\n")
