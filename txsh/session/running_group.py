"""A group that txsh runs: what `txsh.group` says comes next is done here, and what comes of it told back.

Knows no rule of groups.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed, GuestError, HostUnable
from txsh.group.move import Done, Flush, Look, Send, Tell, Wait
from txsh.group.vote import Group
from txsh.group.wire import transaction
from txsh.model.event import QmpError
from txsh.session.job import has_ended
from txsh.session.view import look_at_jobs, look_at_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.group.prepare import Prepared
    from txsh.model.event import Event
    from txsh.model.trace import GroupRecord, JobRecord
    from txsh.session.session import Session


class RunningGroup:
    """One such group.

    Attributes:
        record: where its outcome goes.
        members: its jobs, as they are created.
        is_done: decided, and nothing of it is left to do.
        waits_in: the state in which a job that is ready waits for the others.
    """

    __slots__ = ("_group", "_has_started", "_open", "is_done", "members", "prepared", "record")
    waits_in = "pending"

    def __init__(self, record: GroupRecord, prepared: Prepared, members: list[JobRecord]) -> None:
        self.record = record
        self.prepared = prepared
        self.members = members
        self.is_done = False
        self._group = Group(prepared)
        self._has_started = False
        self._open: str | None = None

    def heard(self, event: Event) -> None:
        """Any event of QEMU's."""
        if not self.is_done:
            self._group.heard(event)

    def started(self) -> None:
        """The transaction that starts it was accepted."""
        self._has_started = True
        self._group.started()

    async def advance(self, session: Session) -> bool:
        """Do the next thing that can be done now; returns whether there was one.

        Raises:
            BackendLost: QEMU went away; what is open is unknown.
        """
        if self.is_done:
            return False
        step = self._group.next()
        if isinstance(step, Wait):
            return False
        session.span, span = self.record.span, session.span
        try:
            await self._do(session, step)
        finally:
            session.span = span
        await session.collect()
        self._tell(session)
        return True

    def drives(self, record: JobRecord) -> bool:
        """Whether it brings a job to its end."""
        return record in self.members and not self.is_done

    async def abandon(self, session: Session, reason: str) -> None:
        """Have it end. A commit that was sent stands; what was cut off before its reply is looked into."""
        if self.is_done:
            return
        # Told only if they are cancelled.
        session.jobs.cancelled.update((member, reason) for member in self.members if not has_ended(member))
        if self._open is not None:
            self._open = None
            self._group.reply_lost()
        elif not self._has_started:
            self._has_started = True
            self._group.start_lost()
        self._group.abandon(reason)

    def lose(self, session: Session, description: str) -> str | None:
        """QEMU is gone, and its helpers with it; returns what nobody knows.

        Without the commit nothing has happened that lasts; one that was sent and not answered may have.
        """
        if self.is_done or self.record.outcome is not None:
            return None
        self.is_done = True
        line, _ = self.record.span.source.position(self.record.span.start)
        is_unknown = self._open == "commit"
        self.record.outcome = "unknown" if is_unknown else "cancelled"
        self.record.reason = f"its commit was not answered: {description}" if is_unknown else description
        session.tell(self.record)
        return f"the commit of the transaction in line {line}" if is_unknown else None

    async def _do(self, session: Session, step: Flush | Send | Tell | Look | Done) -> None:
        match step:
            case Flush(node):
                self._group.flushed(node, await _flush(session, node))
            case Send(purpose, actions):
                await self._execute(session, purpose, "transaction", transaction(actions))
            case Tell(name, job):
                self._say_why(session, name, job)
                await self._execute(session, name, name, {"id": job})
                session.forget_hold(job)
            case Look():
                nodes, jobs = await look_at_nodes(session.backend), await look_at_jobs(session.backend)
                self._group.looked(nodes, jobs)
            case Done(_, _, left):
                self.is_done = True
                _report_left(session, self.record, left)

    async def _execute(self, session: Session, purpose: str, command: str, members: dict[str, object]) -> None:
        self._open = purpose
        error = None
        try:
            await session.backend.execute(command, members)
        except CommandFailed as failure:
            error = QmpError(failure.error_class, failure.description)
        self._open = None
        self._group.replied(error)

    def _say_why(self, session: Session, command: str, job: str) -> None:
        """The job that the group cancels is told why, before its events come."""
        record = next((member for member in self.members if member.id == job), None)
        if command == "job-cancel" and record is not None and record not in session.jobs.cancelled:
            session.jobs.cancelled[record] = f"with its group: {self._short_reason()}"

    def _short_reason(self) -> str:
        culprit = self._group.culprit
        if culprit is None:
            return self._group.reason or "it was given up"
        return f"{culprit.job} {'failed' if culprit.outcome != 'cancelled' else 'was cancelled'}"

    def _tell(self, session: Session) -> None:
        """Bring the record up to date."""
        outcome, reason = self._group.outcome, self._reason(session)
        if (outcome, reason) == (self.record.outcome, self.record.reason):
            return
        self.record.outcome, self.record.reason = outcome, reason
        if outcome is not None:
            session.tell(self.record)

    def _reason(self, session: Session) -> str | None:
        if self._group.outcome is None or self._group.reason is None:
            return None
        culprit = self._group.culprit
        record = next((member for member in self.members if culprit and member.id == culprit.job), None)
        why = session.jobs.cancelled.get(record) if record is not None else None
        return self._group.reason if why is None else f"{self._group.reason} {why}"


async def _flush(session: Session, node: str) -> str | None:
    """Flush a target as the user names it, through its faults; why that failed, or None."""
    try:
        await session.host.flush(session.names.top(node))
    except GuestError as failure:
        return failure.description
    except HostUnable:
        # It stays unflushed, as every target of QEMU's own groups does.
        return None
    return None


def _report_left(session: Session, record: GroupRecord, left: tuple[tuple[str, str], ...]) -> None:
    if left:
        from txsh.syntax.diagnostic import Diagnostic

        names = ", ".join(f"{node}.{name}" for node, name in left)
        message = f"the group is over, but bitmaps of its own are in use by somebody and stay: {names}"
        session.report(Diagnostic("left-behind", message, record.span, severity="warning"))
