"""A trace: everything that happened in one run, as plain values. Reports read this and nothing else."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NamedTuple

    from txsh.model.event import Event, QmpError
    from txsh.model.state import BitmapInfo
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Source, Span
else:
    from txsh.named import NamedTuple


class Exchange(NamedTuple):
    """One command and its answer.

    Args:
        span: the statement it was sent for; None for what txsh did on its own account (its start and end).
        reply: the ``return`` value, or the error.
        look: sent only to look; no part of what the script did.
        time_us: when the answer came.
    """

    span: Span | None
    command: str
    arguments: Mapping[str, Any]
    reply: Any
    error: QmpError | None
    look: bool
    time_us: int


class Change(NamedTuple):
    """One thing that a statement (or the time it waited) changed.

    Args:
        kind: ``bitmap``, ``node`` or ``job``.
        name: the user's name (``drive0.b0``).
        before: state before, None when it is new. A `BitmapInfo` for bitmaps, a word for the others.
        after: state after, None when it is gone.
    """

    kind: str
    name: str
    before: BitmapInfo | str | None
    after: BitmapInfo | str | None


class JobRecord:
    """The life of one job. The only value of a trace that grows while the run goes on.

    Attributes:
        id: the job's id; ids can be used again, so records are told apart by their place in the list.
        type: QMP's type (``backup``).
        span: the action that started it.
        statuses: every status it went through, pauses that nobody asked for left out.
        outcome: ``completed``, ``failed``, ``cancelled``, or None while it lives.
        error: strerror's text of a failed one.
        reason: why it was cancelled: ``by the script``, ``with its group: j1 failed``..., or None.
        failed_operation: ``read`` or ``write`` when a BLOCK_JOB_ERROR preceded the failure.
        offset, length: progress in bytes as its last event or look told.
        speed: bytes a second, 0 when unlimited.
    """

    __slots__ = (
        "error",
        "failed_operation",
        "group",
        "id",
        "length",
        "node",
        "offset",
        "outcome",
        "reason",
        "span",
        "speed",
        "statuses",
        "target",
        "type",
    )

    def __init__(self, job_id: str, job_type: str, span: Span | None) -> None:
        self.id = job_id
        self.type = job_type
        self.span = span
        self.statuses: list[str] = []
        self.outcome: str | None = None
        self.error: str | None = None
        self.reason: str | None = None
        self.failed_operation: str | None = None
        self.offset = 0
        self.length = 0
        self.speed = 0
        self.group: int | None = None
        self.node: str | None = None
        self.target: str | None = None


class GroupRecord:
    """A transaction with cancel=jobs or cancel=all: who ran it and how it ended.

    Attributes:
        span: the transaction.
        cancel: ``jobs`` or ``all``.
        by: ``qemu`` (completion-mode grouped) or ``txsh`` (shadows, a vote, one commit).
        jobs: ids of its jobs.
        outcome: ``committed``, ``cancelled``, ``unknown`` when QEMU was lost before it said so, or None while it is
            undecided.
        reason: why it was cancelled or is unknown, in one line, or None.
    """

    __slots__ = ("by", "cancel", "jobs", "outcome", "reason", "span")

    def __init__(self, span: Span, cancel: str, by: str, jobs: tuple[str, ...]) -> None:
        self.span = span
        self.cancel = cancel
        self.by = by
        self.jobs = jobs
        self.outcome: str | None = None
        self.reason: str | None = None


class StatementRecord(NamedTuple):
    """One statement as it went.

    Args:
        outcome: ``done``, ``refused`` (nobody expected it), ``refused-as-expected``, ``failed`` (an expectation, a
            timeout), ``implied`` (done by txsh for the next statement).
        refusal: the error reply or guest I/O error; class ``""`` for guest I/O.
        culprit: span of the action that QEMU refused, as far as txsh could tell; None otherwise.
        changes: what is different from before it.
        output: what `show`, `echo`, `qmp` and `export` print.
    """

    span: Span
    verb: str
    outcome: str
    refusal: QmpError | None
    culprit: Span | None
    changes: tuple[Change, ...]
    output: str | None
    started_us: int
    ended_us: int


class Verdict(NamedTuple):
    """How a run ended.

    Args:
        word: ``passed``, ``failed``, ``skipped`` or ``lost``.
        reason: one line for ``skipped`` and ``lost``, else None.
        unknown: for ``lost``: what was sent and never answered.
    """

    word: str
    reason: str | None = None
    unknown: str | None = None


class Trace:
    """Everything that happened in one run, in order; the session fills it.

    Attributes:
        backend: as asked for (``sim:7.2``); `version` and `program` of the QEMU.
        events: all of QEMU's, incidental ones too: `incidental` holds the indices of pauses that nobody asked for.
        bitmaps_before: the named bitmaps that were there before the run, by ``node.name``, on a QEMU attached to.
        bitmaps: all named bitmaps of the user at the end, by ``node.name``; None when the backend was lost or has quit.
        extents: the dirty ranges of those that could be read, ``(start, end)``.
        diagnostics: what went wrong, each with its place.
        choices: (question, options, chosen) of the simulator.
        stderr: what a launched QEMU wrote to its standard error, cut in the middle if it was much; None for others.
        folder: of a launched QEMU, when it was kept; else None.
    """

    __slots__ = (
        "backend",
        "bitmaps",
        "bitmaps_before",
        "choices",
        "diagnostics",
        "events",
        "exchanges",
        "extents",
        "folder",
        "groups",
        "incidental",
        "jobs",
        "program",
        "sources",
        "statements",
        "stderr",
        "verdict",
        "version",
    )

    def __init__(self, backend: str, version: tuple[int, int], program: str, sources: tuple[Source, ...]) -> None:
        self.backend = backend
        self.version = version
        self.program = program
        self.sources = sources
        self.statements: list[StatementRecord] = []
        self.exchanges: list[Exchange] = []
        self.events: list[Event] = []
        self.incidental: set[int] = set()
        self.jobs: list[JobRecord] = []
        self.groups: list[GroupRecord] = []
        self.bitmaps_before: dict[str, BitmapInfo] = {}
        self.bitmaps: dict[str, BitmapInfo] | None = {}
        self.extents: dict[str, list[tuple[int, int]]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.choices: list[tuple[str, int, int]] = []
        self.stderr: str | None = None
        self.folder: str | None = None
        self.verdict: Verdict = Verdict("passed")
