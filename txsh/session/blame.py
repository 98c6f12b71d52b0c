"""Which action of a refused transaction it was: QEMU's error does not say, so the caret comes from here.

Knows no rule of QEMU's refusals (`txsh.group`).
"""

from __future__ import annotations

from txsh.model.event import QmpError
from txsh.session.refusal import Refused
from txsh.session.view import look_at_jobs, look_at_nodes
from txsh.syntax.diagnostic import Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Transact
    from txsh.backends.base import CommandFailed
    from txsh.session.session import Session
    from txsh.session.start import WireAction
    from txsh.syntax.source import Span

ROLLED_BACK = "the whole transaction was rolled back"


async def blamed(
    session: Session, step: Transact, actions: Sequence[WireAction], failure: CommandFailed, *, grouped: bool
) -> Refused:
    """The refusal of a transaction with the action that caused it, as far as that can be told.

    Args:
        actions: as they were sent.
        failure: in the user's names; its cause has QEMU's own words.

    Raises:
        BackendLost: QEMU went away while it was asked.
    """
    from txsh.group.precheck import blame

    cause = failure.__cause__
    description = str(cause) if cause is not None else failure.description
    nodes, jobs = await look_at_nodes(session.backend), await look_at_jobs(session.backend)
    found = blame(
        actions,
        nodes,
        jobs,
        QmpError(failure.error_class, description),
        version=session.backend.version,
        grouped=grouped,
        aliases=session.names.aliases,
    )
    return refusal_at(step, QmpError(failure.error_class, failure.description), found)


def refusal_at(step: Transact, error: QmpError, found: int | tuple[int, ...] | None) -> Refused:
    """A refusal under the action found; under ``transaction``, with the candidates, when it is not certain."""
    if isinstance(found, int):
        return Refused(error, culprit=step.actions[found].span, label="this action", advice=ROLLED_BACK)
    notes = tuple(Note("it may be this action", span) for span in _spans(step, found))
    advice = ROLLED_BACK if notes else f"{ROLLED_BACK}; QEMU does not say which action it was"
    return Refused(error, culprit=None if notes else step.keyword_span, advice=advice, notes=notes)


def _spans(step: Transact, found: tuple[int, ...] | None) -> list[Span]:
    return [step.actions[index].span for index in found or ()]
