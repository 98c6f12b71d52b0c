"""A group that QEMU keeps together itself (completion-mode grouped): nothing to drive, only to be told of."""

from __future__ import annotations

from txsh.session.job import has_ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.model.event import Event
    from txsh.model.trace import GroupRecord, JobRecord
    from txsh.session.session import Session


class QemuGroup:
    """One such group.

    Attributes:
        record: where its outcome goes; None when the script used QEMU's completion mode by name.
        members: its jobs, as they are created.
        is_done: all of them have ended.
        waits_in: the state in which a job that is ready waits for the others.
    """

    __slots__ = ("_reason", "is_done", "members", "record")
    waits_in = "waiting"

    def __init__(self, record: GroupRecord | None) -> None:
        self.record = record
        self.members: list[JobRecord] = []
        self.is_done = False
        self._reason: str | None = None

    def heard(self, event: Event) -> None:
        """Nothing: what its jobs come to is enough."""

    async def advance(self, session: Session) -> bool:
        """Tell how it ended, once it has; returns whether it ended just now."""
        return self.tell(session)

    def tell(self, session: Session) -> bool:
        """The same; nothing is sent for it."""
        if self.is_done or not all(has_ended(member) for member in self.members):
            return False
        self.is_done = True
        reason = tell_reasons(self.members)
        if self.record is not None:
            self.record.outcome = "committed" if reason is None else "cancelled"
            self.record.reason = reason and (self._reason or reason)
            session.tell(self.record)
        return True

    def drives(self, record: JobRecord) -> bool:
        """Whether txsh has to bring a job to its end for the group: QEMU does that."""
        del record
        return False

    async def abandon(self, session: Session, reason: str) -> None:
        """Remember why; its jobs are cancelled like any."""
        del session
        self._reason = reason

    def lose(self, session: Session, description: str) -> str | None:
        """QEMU is gone; returns what nobody knows. What its jobs had come to is for QEMU alone to say."""
        if not self.is_done and self.record is not None:
            self.record.outcome, self.record.reason = "unknown", f"its jobs were not seen to end: {description}"
            session.tell(self.record)
        self.is_done = True
        return None


def tell_ended(session: Session) -> None:
    """Tell how the groups that QEMU keeps together ended: their jobs are told of with the statement that saw it."""
    for group in session.groups:
        if isinstance(group, QemuGroup):
            group.tell(session)


def tell_reasons(members: list[JobRecord]) -> str | None:
    """Why a group did not succeed, None when it did; members that went with it are told why."""
    culprit = next((member for member in members if member.outcome == "failed"), None)
    culprit = culprit or next((member for member in members if member.outcome == "cancelled" and member.reason), None)
    if culprit is None:
        lost = next((member for member in members if member.outcome != "completed"), None)
        return None if lost is None else f"{lost.id} was cancelled"
    for member in members:
        if member.outcome == "cancelled" and member.reason is None:
            member.reason = (
                f"with its group: {culprit.id} {'failed' if culprit.outcome == 'failed' else 'was cancelled'}"
            )
    if culprit.outcome == "failed":
        return f"{culprit.id} failed: {culprit.error}"
    return f"{culprit.id} was cancelled {culprit.reason}"
