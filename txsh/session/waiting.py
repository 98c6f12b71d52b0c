"""Letting time pass: until jobs and groups are where a `wait` wants them, or held jobs where `hold=` wants them.

The only place of a run where time passes; groups vote, commit and abort here.
"""

from __future__ import annotations

from txsh.session.job import has_ended
from txsh.session.refusal import Refused, refused_here
from txsh.session.standstill import PAST_HOLD, Standstill
from txsh.session.view import look_at_jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.model.trace import JobRecord
    from txsh.session.hold import Hold
    from txsh.session.session import Session

WAIT_US = 60_000_000
"""How long a wait takes at most when the script does not say."""

_QUIET_US_FIRST = 1_000_000
_QUIET_US_MOST = 16_000_000
"""After so long without an event it is worth a look whether a job sleeps though nothing is left to copy."""

_LOOK_US_FIRST = 1000
_LOOK_US_MOST = 50_000


async def advance_groups(session: Session) -> bool:
    """Let every group that txsh runs do what it can do now; returns whether one did something."""
    moved = False
    for group in session.groups:
        while await group.advance(session):
            moved = True
    return moved


class Waiting:
    """One wait.

    Args:
        jobs: ids to wait for; empty: all of this run but those that wait for the user's own finalize or complete, and
            all groups.
        until: ``concluded``, ``pending``, ``ready`` or ``paused``.
    """

    __slots__ = ("_jobs", "_session", "_stand", "_until")

    def __init__(self, session: Session, jobs: Sequence[str], until: str = "concluded") -> None:
        self._session = session
        self._jobs = tuple(jobs)
        self._until = until
        self._stand = Standstill(session)

    async def run(self, timeout_us: int) -> None:
        """Wait.

        Raises:
            Refused: it took longer than `timeout_us`, nothing more can come, or a job ended and never was where it was
                to be.
        """
        session = self._session
        deadline_us = session.backend.now_us() + timeout_us
        quiet_us = _QUIET_US_FIRST
        while True:
            await session.collect()
            await advance_groups(session)
            self._refuse_missed()
            left = self._left()
            if not left and self._groups_are_done():
                return
            until_us = deadline_us
            if await self._refuse_stuck(left):
                # A job that was let go may stand still for another reason, of which no event tells.
                until_us = min(until_us, session.backend.now_us() + _LOOK_US_MOST)
            look_us = session.backend.now_us() + quiet_us
            if await session.next_event(min(until_us, look_us)):
                quiet_us = _QUIET_US_FIRST
                self._stand.asleep.clear()
            elif session.backend.now_us() >= deadline_us:
                raise self._too_late(left, timeout_us)
            elif session.backend.now_us() >= look_us:
                quiet_us = min(2 * quiet_us, _QUIET_US_MOST)
                await self._look_for_sleepers(left)

    def _left(self) -> list[JobRecord]:
        jobs = self._session.jobs
        if self._jobs:
            named = [jobs.newest[job] for job in self._jobs if job in jobs.newest]
            return [record for record in named if not self._is_there(record)]
        return [
            record for record in jobs.living() if not self._is_there(record) and not self._stand.is_the_users(record)
        ]

    def _is_there(self, record: JobRecord) -> bool:
        return has_ended(record) or self._until in record.statuses[-1:]

    def _refuse_missed(self) -> None:
        """Fail for a job that was named and has ended without being where it was to be: gone is concluded, no more."""
        if self._until == "concluded":
            return
        newest = self._session.jobs.newest
        for record in (newest[job] for job in self._jobs if job in newest):
            if has_ended(record) and self._until not in record.statuses:
                raise refused_here("wait-missed", f"'{record.id}' {_ended(record)} and never was {self._until}")

    def _groups_are_done(self) -> bool:
        if self._jobs or self._until != "concluded":
            return True
        # A group whose jobs are all at the user's own finalize comes no further by itself.
        return all(
            group.is_done or (group.members and all(map(self._stand.is_the_users, group.members)))
            for group in self._session.groups
        )

    async def _refuse_stuck(self, left: list[JobRecord]) -> bool:
        """Fail at once when nothing more can come: all that is left, and its groups, is held or stopped or waits so.

        Returns whether a hold was found to be none any more, so that it is worth looking again soon.
        """
        concerned = self._stand.with_mates(left)
        stuck = [record for record in concerned if self._stand.is_stuck(record)]
        if not stuck or not all(map(self._stand.is_at_rest, concerned)):
            return False
        if await self._is_one_let_go():
            return True
        names = ", ".join(f"'{record.id}'" for record in stuck)
        why, advice = self._stand.why(stuck)
        raise refused_here("only-held-jobs", f"nothing is left to wait for but {names}, which {why}", advice=advice)

    async def _look_for_sleepers(self, left: list[JobRecord]) -> None:
        """Find the jobs that run with nothing left to copy, since the guest's writes have copied the rest.

        Source: block/block-copy.c of 7.2, block_copy_dirty_clusters sleeps out its rate limit without looking again.
        """
        # Whoever was told no speed never sleeps, and a look costs the simulator more than letting hours pass.
        if not any("speed" in str(exchange.arguments) for exchange in self._session.trace.exchanges):
            return
        found = await look_at_jobs(self._session.backend)
        for record in self._stand.with_mates(left):
            job = found.get(record.id)
            if job is not None and job.status == "running" and 0 < job.total <= job.current:
                self._stand.asleep.add(record)

    async def _is_one_let_go(self) -> bool:
        """Forget holds of jobs that go on all the same, as when their group is aborted; whether there was one."""
        session = self._session
        if not session.holds:
            return False
        found = await look_at_jobs(session.backend)
        gone = [job for job, hold in session.holds.items() if not hold.is_reached(session, found.get(job))]
        for job in gone:
            session.forget_hold(job)
        return bool(gone)

    def _too_late(self, left: list[JobRecord], timeout_us: int) -> Refused:
        states = ", ".join(f"'{record.id}' is {record.statuses[-1]}" for record in left) or "a group is undecided"
        return refused_here(
            "timeout", f"after {timeout_us / 1_000_000:g}s: {states}", advice="'timeout=' gives it longer"
        )


def _ended(record: JobRecord) -> str:
    return {"completed": "completed", "failed": "failed"}.get(record.outcome or "", "was cancelled")


async def wait_for_holds(session: Session, holds: Sequence[Hold]) -> None:
    """Let time pass until every hold is reached or its job has ended before it.

    Raises:
        Refused: that took too long, or QEMU has lost the stop.
    """
    deadline_us = session.backend.now_us() + WAIT_US
    look_us = _LOOK_US_FIRST
    while True:
        await session.collect()
        await advance_groups(session)
        found = await look_at_jobs(session.backend)
        await session.collect()
        for hold in holds:
            hold.reached = hold.reached or hold.is_reached(session, found.get(hold.job))
        left = [hold for hold in holds if not hold.reached and not _is_past(session, hold)]
        if not left:
            break
        now_us = session.backend.now_us()
        if now_us >= deadline_us or any(_is_stopped(session, hold) for hold in left):
            names = ", ".join(f"'{hold.job}'" for hold in left)
            raise refused_here("hold-missed", f"{names} did not come to where it is held")
        until_us = min(now_us + look_us, deadline_us)
        while await session.next_event(until_us):
            await advance_groups(session)
        for hold in left:
            if look_us > _LOOK_US_FIRST:
                await hold.wake(session)
        look_us = min(2 * look_us, _LOOK_US_MOST)
    unreached = [hold for hold in holds if not hold.reached]
    for hold in unreached:
        session.jobs.stopping.discard(hold.job)
        session.forget_hold(hold.job)
    missed = [f"'{hold.job}'" for hold in unreached if _ran_through(session, hold)]
    if missed:
        raise refused_here(
            "hold-missed",
            f"{', '.join(missed)} ran through where it is held: a pause came at that moment, and QEMU lost the stop",
            advice="start it alone, or after the jobs that end at once",
        )


def _ran_through(session: Session, hold: Hold) -> bool:
    """Whether a job has copied more than where it is held, untroubled.

    A drain cancels the call that is copying; if that was the very one to fail, nobody hears of its error, and the rule
    is used up. Source: block/backup.c, backup_pause and backup_loop.
    """
    record = session.jobs.newest.get(hold.job)
    return (
        hold.rule is not None
        and record is not None
        and record.outcome == "completed"
        and record.length > hold.offset_bytes
    )


def _is_stopped(session: Session, hold: Hold) -> bool:
    """Whether an error policy of the user's has stopped its job on the way."""
    record = session.jobs.newest.get(hold.job)
    return hold.rule is None and record is not None and record.statuses[-1:] == ["paused"]


def _is_past(session: Session, hold: Hold) -> bool:
    """Whether its job has gone past it and come to rest: what a statement leaves must not depend on who is quicker."""
    record = session.jobs.newest.get(hold.job)
    if record is None:
        return False
    group = next((group for group in session.groups if record in group.members), None)
    if has_ended(record):
        return group is None or group.is_done
    status = record.statuses[-1]
    mates = [record] if group is None else group.members
    if group is not None and any(mate.statuses[-1] not in PAST_HOLD for mate in mates):
        return status == group.waits_in
    return status == "pending" and any(mate in session.jobs.manual for mate in mates)
