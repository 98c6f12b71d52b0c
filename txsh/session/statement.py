"""One statement from its start to its record: run it, judge how it ended, look at what changed.

Knows no single statement; each kind has a file in `step/` named after its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.backends.base import BackendLost, CommandFailed, GuestError, HostUnable, NotSimulated
from txsh.model.event import QmpError
from txsh.model.trace import StatementRecord
from txsh.session.job import status
from txsh.session.refusal import Refused, StatementFailed, matches
from txsh.session.view import differences, look_at_nodes, users_bitmaps, users_nodes
from txsh.syntax.diagnostic import Diagnostic, Note

if TYPE_CHECKING:
    from txsh.actions.step import Step
    from txsh.model.trace import Change
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
    "Release": "release",
    "Expect": "expect",
    "Show": "show",
    "Echo": "echo",
}
_CHANGES_NOTHING = frozenset(("Fault", "Unfault", "Remember", "Expect", "Show", "Echo"))


class Statement:
    """What a running statement has to tell, for its record.

    Attributes:
        outcome: see `StatementRecord`.
        changes: those that the statement itself knows of.
        output: what it prints.
    """

    __slots__ = ("changes", "outcome", "output")

    def __init__(self) -> None:
        self.outcome = "done"
        self.changes: list[Change] = []
        self.output: str | None = None


async def run_statement(session: Session, step: Step) -> None:
    """Run one statement and put its record, and what is wrong with it, into the trace."""
    kind = type(step).__name__
    module = __import__(f"txsh.session.step.{_FILES[kind]}", fromlist=["run"])
    statement = Statement()
    started_us = session.backend.now_us()
    session.span = step.span
    diagnostics: tuple[Diagnostic, ...] = ()
    refused: Refused | None = None
    jobs = _job_states(session)
    try:
        refused = await _refusal_of(module.run(session, step, statement))
        await session.collect()
        if session.holds or session.old_holds:
            from txsh.session.start import discard_old_holds

            await discard_old_holds(session)
        if _may_change_bitmaps(step):
            statement.changes += await _changes(session)
    except StatementFailed as failure:
        diagnostics = failure.diagnostics
    except HostUnable as unable:
        diagnostics = (Diagnostic(unable.name, unable.description, step.span, help=unable.advice),)
    except NotSimulated as missing:
        diagnostics = (_not_simulated(missing, step.span),)
    except BackendLost as failure:
        session.lose(failure)
        statement.outcome = "failed"
    if refused or (step.fails and not diagnostics and not session.lost):
        outcome, diagnostics = _judge(step, refused)
        statement.outcome = outcome
    elif diagnostics:
        statement.outcome = "failed"
    statement.changes += _job_changes(session, jobs)
    _record(session, step, statement, refused, started_us)
    for diagnostic in diagnostics:
        session.stopped = True
        session.report(diagnostic)
    session.span = None


def _may_change_bitmaps(step: Step) -> bool:
    match type(step).__name__:
        case "MakeNode":
            return step.file is not None  # type: ignore[union-attr]
        case "Guest":
            return step.operation not in ("read", "flush")  # type: ignore[union-attr]
        case kind:
            return kind not in _CHANGES_NOTHING


async def _refusal_of(running: object) -> Refused | None:
    """Await a step; a refusal is a result, everything else goes its way."""
    try:
        await running  # type: ignore[misc]
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
    place = refused.culprit or step.span
    if expected is None:
        finding = Diagnostic(
            refused.name, refused.error.description, place, refused.label, refused.advice, refused.notes
        )
        return "refused", (finding,)
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


def _job_states(session: Session) -> dict[int, str]:
    return {index: status(record) for index, record in enumerate(session.trace.jobs)}


def _job_changes(session: Session, before: dict[int, str]) -> list[Change]:
    from txsh.model.trace import Change

    return [
        Change("job", record.id, before.get(index), status(record))
        for index, record in enumerate(session.trace.jobs)
        if before.get(index) != status(record)
    ]


def _record(session: Session, step: Step, statement: Statement, refused: Refused | None, started_us: int) -> None:
    record = StatementRecord(
        span=step.span,
        verb=_verb(step),
        outcome=statement.outcome,
        refusal=refused.error if refused else None,
        culprit=refused.culprit if refused else None,
        changes=tuple(statement.changes),
        output=statement.output,
        started_us=started_us,
        ended_us=session.backend.now_us(),
    )
    session.trace.statements.append(record)
    session.tell(record)


def _verb(step: Step) -> str:
    """The verb of a statement, as the script spells it."""
    match type(step).__name__:
        case "MakeNode":
            return step.role  # type: ignore[union-attr]
        case "Act":
            return step.action.action.verb  # type: ignore[union-attr]
        case "Guest":
            return step.operation  # type: ignore[union-attr]
        case "Transact":
            return "transaction"
        case "JobCommand":
            return step.command.removeprefix("job-")  # type: ignore[union-attr]
        case name:
            return name.lower()
