"""`expect no event`: none like it came since the start."""

from __future__ import annotations

from txsh.session.expect.event import find
from txsh.session.expect.evidence import event_text, unmet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Expect
    from txsh.session.session import Session


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: such an event came.
    """
    await session.collect()
    event = find(session, step)
    if event is not None:
        raise unmet(session, step, f"an event came that was not to come: {event_text(event)}", "it came")
