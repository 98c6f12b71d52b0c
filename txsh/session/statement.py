"""One statement from its start to its record: run it, judge how it ended, look at what changed.

Knows no single statement; each kind has a file in `step/` named after its class.
"""

from __future__ import annotations

from txsh.actions.step import Act, Guest, JobCommand, Machine, MakeNode, Transact, Wait
from txsh.backends.base import BackendLost, CommandFailed, GuestError, HostUnable, NotSimulated
from txsh.model.event import QmpError
from txsh.model.trace import Change, StatementRecord
from txsh.session.job import status
from txsh.session.refusal import Refused, StatementFailed, matches
from txsh.session.view import differences, look_at_nodes, users_bitmaps, users_nodes
from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from txsh.actions.step import Step
    from txsh.model.trace import JobRecord
    from txsh.session.session import Session
    from txsh.syntax.source import Span

_FILES = {
    "MakeNode": "make_node",
    "Act": "act",
    "Transact": "transact",
    "Guest": "guest",
    "Fault": "fault",
    "Unfault": "unfault",
    "Remember": "remember",
    "Wait": "wait",
    "JobCommand": "job_command",
    "Qmp": "qmp",
    "Machine": "machine",
    "Export": "export",
    "Unexport": "export",
    "Release": "release",
    "Expect": "expect",
    "Show": "show",
    "Echo": "echo",
}
_CHANGES_NOTHING = frozenset(("MakeNode", "Fault", "Unfault", "Remember", "Expect", "Show", "Echo"))


class Statement:
    """What a running statement has to tell, for its record.

    Attributes:
        outcome: see `StatementRecord`.
        changes: those that the statement itself knows of.
        output: what it prints.
        refused: how it was refused, or None.
        findings: what is wrong.
    """

    __slots__ = ("changes", "findings", "outcome", "output", "refused", "started_us")

    def __init__(self, started_us: int) -> None:
        self.started_us = started_us
        self.outcome = "done"
        self.changes: list[Change] = []
        self.output: str | None = None
        self.refused: Refused | None = None
        self.findings: tuple[Diagnostic, ...] = ()


async def run_statement(session: Session, step: Step) -> None:
    """Run one statement and put its record, and what is wrong with it, into the trace."""
    statement = Statement(session.backend.now_us())
    session.span = step.span
    jobs, known = _job_states(session), len(session.jobs.records)
    try:
        await _attempt(session, step, statement)
    except BaseException:
        # Whoever breaks the run off shall see in the trace where.
        statement.outcome = "failed"
        _record(session, step, statement)
        raise
    if statement.refused or (step.fails and not statement.findings and not session.lost):
        statement.outcome, statement.findings = _judge(step, statement.refused)
    elif statement.findings or session.lost:
        statement.outcome = "failed"
    if session.groups:
        from txsh.session.qemu_group import tell_ended

        tell_ended(session)
    statement.changes += _job_changes(session, jobs, known)
    _record(session, step, statement)
    for finding in statement.findings:
        session.stopped = True
        session.report(finding)
    session.span = None


async def _attempt(session: Session, step: Step, statement: Statement) -> None:
    """Run it, take in what came of it at once, and look what is different."""
    module = __import__(f"txsh.session.step.{_FILES[type(step).__name__]}", fromlist=["run"])
    try:
        statement.refused = await _refusal_of(module.run(session, step, statement))
        if session.over:
            return
        await session.collect()
        if session.holds or session.old_holds:
            from txsh.session.start import discard_old_holds

            await discard_old_holds(session)
        if _may_change_bitmaps(step):
            statement.changes += await _changes(session)
    except StatementFailed as failure:
        statement.findings = failure.diagnostics
    except HostUnable as unable:
        statement.findings = (Diagnostic(unable.name, unable.description, step.span, help=unable.advice),)
    except NotSimulated as missing:
        statement.findings = (_not_simulated(missing, step.span),)
    except BackendLost as failure:
        session.lose(failure)


def _may_change_bitmaps(step: Step) -> bool:
    match step:
        case Guest():
            return step.operation not in ("read", "flush")
        case _:
            return type(step).__name__ not in _CHANGES_NOTHING


async def _refusal_of(running: Awaitable[None]) -> Refused | None:
    """Await a step; a refusal is a result, everything else goes its way."""
    try:
        await running
    except Refused as refused:
        return refused
    except CommandFailed as failure:
        return Refused(QmpError(failure.error_class, failure.description))
    except GuestError as failure:
        return Refused(QmpError("", failure.description))
    return None


def _judge(step: Step, refused: Refused | None) -> tuple[str, tuple[Diagnostic, ...]]:
    """Compare how a statement ended with its `fails`: the outcome, and what is wrong with it."""
    expected = step.fails
    if refused is None:
        assert expected is not None
        wanted = "" if expected.pattern is None else f' with "{expected.pattern}"'
        message = f"it was to be refused{wanted}, but it was done"
        return "failed", (Diagnostic("not-refused", message, expected.span, "this did not come"),)
    place = refused.place or refused.culprit or step.span
    if expected is None:
        finding = Diagnostic(
            refused.name, refused.error.description, place, refused.label, refused.advice, refused.notes
        )
        # A wait asks QEMU for nothing: nobody refused it.
        return ("failed" if isinstance(step, Wait) else "refused"), (finding,)
    if expected.pattern is None or matches(expected.pattern, refused.error.description):
        return "refused-as-expected", ()
    message = f'it was refused with another text: "{refused.error.description}"'
    notes = (Note("this was refused", place), *refused.notes)
    label = f'expected "{expected.pattern}"'
    return "refused", (Diagnostic("refused-otherwise", message, expected.span, label, refused.advice, notes),)


def _not_simulated(missing: NotSimulated, span: Span) -> Diagnostic:
    return Diagnostic(
        "not-simulated",
        f"the simulator has no model of {missing.what}",
        span,
        help="it never answers by guess; '-b qemu' or '-b qsd' asks a real QEMU",
    )


async def _changes(session: Session) -> list[Change]:
    """Look at the user's bitmaps and tell what is different from the look before."""
    nodes = users_nodes(await look_at_nodes(session.backend), session.names)
    before, session.bitmaps = session.bitmaps, users_bitmaps(nodes.values())
    return differences(before, session.bitmaps)


def _job_states(session: Session) -> dict[JobRecord, str]:
    return {record: status(record) for record in session.jobs.living()}


def _job_changes(session: Session, before: dict[JobRecord, str], known: int) -> list[Change]:
    """What became of the jobs that lived before the statement, and of those that are new since there were `known`."""
    records = [*before, *session.jobs.records[known:]]
    return [
        Change("job", record.id, before.get(record), status(record))
        for record in records
        if before.get(record) != status(record)
    ]


def _record(session: Session, step: Step, statement: Statement) -> None:
    refused = statement.refused
    record = StatementRecord(
        span=step.span,
        verb=_verb(step),
        outcome=statement.outcome,
        refusal=refused.error if refused and statement.outcome != "failed" else None,
        culprit=refused.culprit if refused else None,
        changes=tuple(statement.changes),
        output=statement.output,
        started_us=statement.started_us,
        ended_us=session.backend.now_us(),
    )
    session.trace.statements.append(record)
    session.tell(record)


def _verb(step: Step) -> str:
    """The verb of a statement, as the script spells it."""
    match step:
        case MakeNode():
            return step.role
        case Act():
            return step.action.action.verb
        case Guest():
            return step.operation
        case Transact():
            return "transaction"
        case JobCommand():
            return step.verb
        case Machine():
            return step.command
        case _:
            return type(step).__name__.lower()
