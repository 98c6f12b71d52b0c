"""`expect group`: how the last transaction with cancel=jobs or cancel=all ended."""

from __future__ import annotations

from txsh.session.expect.evidence import Difference, failed, unmet
from txsh.session.refusal import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Expect
    from txsh.session.session import Session


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: it ended otherwise, is not decided, or there was none.
    """
    await session.collect()
    if not session.trace.groups:
        raise unmet(session, step, "there was no transaction with cancel=jobs or cancel=all", "no group")
    group = session.trace.groups[-1]
    actual = group.outcome or "undecided"
    if group.reason is not None:
        actual = f'{actual} "{group.reason}"'
    if group.outcome != step.values["outcome"]:
        raise failed(
            session, step, "the group", [Difference("outcome", step.values["outcome"], actual)], origin=group.span
        )
    if group.outcome == "cancelled":
        # Whoever expects that has expected that its jobs fail.
        index = len(session.trace.groups) - 1
        session.jobs.expected.update(record for record in session.jobs.records if record.group == index)
    pattern = step.values.get("reason")
    if pattern is not None and not matches(pattern, group.reason or ""):
        expected = f'{group.outcome} "{pattern}"'
        raise failed(session, step, "the group", [Difference("reason", expected, actual)], origin=group.span)
