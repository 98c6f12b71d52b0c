"""`expect event`: one came since the start, with the members said."""

from __future__ import annotations

from txsh.session.expect.evidence import event_text, flattened, unmet
from txsh.session.refusal import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.actions.step import Expect
    from txsh.model.event import Event
    from txsh.session.session import Session


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: none of the events matches.
    """
    await session.collect()
    if find(session, step) is not None:
        return
    name = step.values["event"]
    same = [event for event in _seen(session) if event.name == name]
    if not same:
        raise unmet(session, step, f"no event {name} has come", "it did not come")
    message = f"no event {name} with these members has come; the last one: {event_text(same[-1])}"
    raise unmet(session, step, message, f"{len(same)} of that name came")


def find(session: Session, step: Expect) -> Event | None:
    """The first event that matches; pauses that nobody asked for and the traces of holds are no events here."""
    members = step.values.get("members", {})
    for event in _seen(session):
        if event.name == step.values["event"] and _has(event, members):
            return event
    return None


def _seen(session: Session) -> list[Event]:
    trace = session.trace
    return [event for index, event in enumerate(trace.events) if index not in trace.incidental]


def _has(event: Event, members: Mapping[str, Any]) -> bool:
    found = dict(flattened(event.data))
    return all(name in found and _same(found[name], wanted) for name, wanted in members.items())


def _same(found: Any, wanted: Any) -> bool:
    """Whether a member has a value; words of the script are read by the type of what is there."""
    if isinstance(wanted, str):
        return matches(wanted, found) if isinstance(found, str) else _reads_as(wanted, found)
    return bool(type(found) is type(wanted) and found == wanted) or bool(
        isinstance(found, (int, float)) and not isinstance(found, bool) and found == wanted
    )


def _reads_as(word: str, found: Any) -> bool:
    if isinstance(found, bool):
        return word == ("true" if found else "false")
    if isinstance(found, int):
        from txsh.model.size import parse_size

        return parse_size(word.removeprefix("-")) == abs(found) and word.startswith("-") == (found < 0)
    return False
