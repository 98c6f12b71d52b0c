"""What a failed expectation shows beside expected and actual: the statement and reply it goes back to, the last events.

Knows no kind of expectation.
"""

from __future__ import annotations

from txsh.session.refusal import StatementFailed
from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from txsh.actions.step import Expect
    from txsh.model.event import Event
    from txsh.model.trace import StatementRecord
    from txsh.session.session import Session
    from txsh.syntax.source import Span

_EVENTS_SHOWN = 4


class Difference:
    """One member that is not as expected, both in the script's own notation."""

    __slots__ = ("actual", "expected", "name")

    def __init__(self, name: str, expected: str, actual: str) -> None:
        self.name = name
        self.expected = expected
        self.actual = actual


def failed(
    session: Session,
    step: Expect,
    subject: str,
    differences: Sequence[Difference],
    *,
    origin: StatementRecord | Span | None = None,
) -> StatementFailed:
    """The failure of an expectation about `subject`, with carets under the first member that differs.

    Args:
        origin: the statement that made what was found, when that is known.
    """
    first = differences[0]
    place = step.spans.get(first.name, step.span)
    message = f"{subject} is not as expected: " + ", ".join(
        f"{difference.actual} instead of {difference.expected}" for difference in differences
    )
    label = f"expected {first.expected}, actual {first.actual}"
    return StatementFailed(
        Diagnostic("expectation-failed", message, place, label, last_events(session), _notes(origin))
    )


def unmet(
    session: Session, step: Expect, message: str, label: str, *, origin: StatementRecord | Span | None = None
) -> StatementFailed:
    """The failure of an expectation that has no members to compare, such as something missing."""
    diagnostic = Diagnostic("expectation-failed", message, step.span, label, last_events(session), _notes(origin))
    return StatementFailed(diagnostic)


def last_change(session: Session, kind: str, name: str) -> StatementRecord | None:
    """The last statement that changed a bitmap, node or job."""
    for record in reversed(session.trace.statements):
        if any(change.kind == kind and change.name == name for change in record.changes):
            return record
    return None


def last_events(session: Session) -> str | None:
    """The last events that are not incidental, in one line; None when there was none."""
    trace = session.trace
    shown: list[str] = []
    for index in range(len(trace.events) - 1, -1, -1):
        if index not in trace.incidental:
            shown.append(event_text(trace.events[index]))
            if len(shown) == _EVENTS_SHOWN:
                break
    return f"last events: {'; '.join(reversed(shown))}" if shown else None


def event_text(event: Event) -> str:
    """An event in one line, as `expect event` would write it."""
    return " ".join([event.name, *(f"{name}={_word(value)}" for name, value in flattened(event.data))])


def flattened(data: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """The members of QMP data with nested ones dotted."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f'"{text}"' if not text or " " in text else text


def _notes(origin: StatementRecord | Span | None) -> tuple[Note, ...]:
    if origin is None:
        return ()
    from txsh.model.trace import StatementRecord

    if not isinstance(origin, StatementRecord):
        return (Note("it was started here", origin),)
    reply = "" if origin.refusal is None else f', though it was refused: "{origin.refusal.description}"'
    return (Note(f"this statement changed it last{reply}", origin.span),)
