"""Which jobs stand still until the script moves them, and why: told from what was followed, without asking QEMU."""

from __future__ import annotations

from txsh.session.job import has_ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.model.trace import JobRecord
    from txsh.session.qemu_group import QemuGroup
    from txsh.session.running_group import RunningGroup
    from txsh.session.session import Session

PAST_HOLD = frozenset(("waiting", "pending", "aborting", "concluded", "null"))


class Standstill:
    """The jobs of a session, as they stand.

    Attributes:
        asleep: jobs that were seen to sleep for their speed with nothing left to copy.
    """

    __slots__ = ("_session", "asleep")

    def __init__(self, session: Session) -> None:
        self._session = session
        self.asleep: set[JobRecord] = set()

    def is_the_users(self, record: JobRecord) -> bool:
        """Whether only the user's own finalize or complete takes it further."""
        if record.statuses[-1:] == ["ready"]:
            return True
        if record.statuses[-1:] != ["pending"]:
            return False
        manual = self._session.jobs.manual
        return any(mate in manual for mate in self._mates(record))

    def is_stuck(self, record: JobRecord) -> bool:
        """Whether it stays where it is; not one that is on its way out, alone or with its group.

        The events of a group that is aborted need not all come at once.
        """
        if self._is_doomed(record):
            return False
        status = record.statuses[-1]
        if status in PAST_HOLD:
            return self.is_the_users(record)
        if record in self.asleep or record.id in self._session.holds:
            return True
        return status in ("paused", "ready") or (status == "running" and record in self._session.jobs.endless)

    def is_at_rest(self, record: JobRecord) -> bool:
        """Whether it is stuck or waits for another one of its group; what it only passes through does not count."""
        group = self._group_of(record)
        return self.is_stuck(record) or (group is not None and record.statuses[-1] == group.waits_in)

    def with_mates(self, records: list[JobRecord]) -> list[JobRecord]:
        """Jobs with the living members of their groups, each once."""
        groups = [group for group in self._session.groups if set(records) & set(group.members)]
        mates = [mate for group in groups for mate in group.members if not has_ended(mate)]
        return list(dict.fromkeys([*records, *mates]))

    def why(self, stuck: list[JobRecord]) -> tuple[str, str]:
        """What holds jobs that are stuck, to end "..., which" with, and what would help."""
        verb = "is" if len(stuck) == 1 else "are"
        held = next((record for record in stuck if record.id in self._session.holds), None)
        if held is not None and self._is_paused_too(held):
            return f"{verb} held and paused", f"'release {held.id}' and 'resume {held.id}' let it go on"
        if held is not None:
            return f"{verb} held", f"'release {held.id}' lets it go on"
        paused = next((record for record in stuck if record.statuses[-1] == "paused"), None)
        if paused is not None:
            return f"{verb} paused", f"'resume {paused.id}' lets it go on"
        mine = next((record for record in stuck if self.is_the_users(record)), None)
        if mine is not None:
            state = mine.statuses[-1]
            command = "finalize" if state == "pending" else "complete"
            return f"{verb} {state}", f"'{command} {mine.id}' ends it; 'for={state}' waits for this"
        asleep = next((record for record in stuck if record in self.asleep), None)
        if asleep is not None:
            return "has copied everything and sleeps for its speed", f"'speed {asleep.id} 0' wakes it"
        advice = f"a backup with sync=none is over when it is cancelled: 'cancel {stuck[0].id}'"
        return "never ends by itself", advice

    def _is_paused_too(self, held: JobRecord) -> bool:
        """Whether a held job also waits for a resume; a stop rule holds by a pause of its own."""
        hold = self._session.holds[held.id]
        return hold.is_paused or (hold.rule is None and held.statuses[-1] == "paused")

    def _is_doomed(self, record: JobRecord) -> bool:
        return any(
            mate.statuses[-1:] == ["aborting"] or mate.outcome in ("failed", "cancelled")
            for mate in self._mates(record)
        )

    def _mates(self, record: JobRecord) -> Sequence[JobRecord]:
        """The jobs that live or die with it, itself among them."""
        group = self._group_of(record)
        return [record] if group is None else group.members

    def _group_of(self, record: JobRecord) -> RunningGroup | QemuGroup | None:
        return next((group for group in self._session.groups if record in group.members), None)
