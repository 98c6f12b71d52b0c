"""`expect job`: the newest job of an id is in a state, or ended so."""

from __future__ import annotations

from txsh.model.size import format_size
from txsh.session.expect.evidence import Difference, failed, last_change, unmet
from txsh.session.job import has_ended, status
from txsh.session.refusal import matches
from txsh.session.view import look_at_progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.step import Expect
    from txsh.model.trace import JobRecord
    from txsh.session.session import Session


async def check(session: Session, step: Expect) -> None:
    """Compare; the job counts as expected from here on, however it ended.

    Raises:
        StatementFailed: it is different, or there never was one.
    """
    await session.collect()
    job = step.values["job"]
    record = session.jobs.newest.get(job)
    if record is None:
        raise unmet(session, step, f"there never was a job {job}", "no such job")
    session.jobs.expected.add(record)
    differences = _state(step, record)
    if "offset" in step.values:
        await look_at_progress(session)
        if record.offset != step.values["offset"]:
            expected, actual = format_size(step.values["offset"]), format_size(record.offset)
            differences.append(Difference("offset", f"offset={expected}", f"offset={actual}"))
    if differences:
        origin = record.span or last_change(session, "job", job)
        raise failed(session, step, f"job {job}", differences, origin=origin)


def _state(step: Expect, record: JobRecord) -> list[Difference]:
    wanted = step.values.get("state")
    if wanted is None:
        return []
    found = status(record)
    actual = f'failed "{record.error}"' if found == "failed" else found
    if wanted != found and not (wanted == "concluded" and has_ended(record)):
        return [Difference("state", wanted, actual)]
    pattern = step.values.get("error")
    if pattern is not None and not matches(pattern, record.error or ""):
        return [Difference("error", f'failed "{pattern}"', actual)]
    return []
