"""From bound actions to the QMP that starts them: targets behind faults, holds, and what is told of their jobs.

Knows no group.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.session.job import Start, has_ended
from txsh.session.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from txsh.actions.step import BoundAction
    from txsh.model.extent import Extents
    from txsh.model.state import NodeInfo
    from txsh.model.trace import JobRecord
    from txsh.session.hold import Hold
    from txsh.session.session import Session

    WireAction = tuple[str, dict[str, Any]]
    """A transaction action's ``type`` and ``data``."""


class Starter:
    """The jobs of one statement.

    Args:
        actions: the statement's, in order.

    Attributes:
        group: index of their group in the trace, or None.
        members: where the jobs of a group gather as they are created; None when each is on its own.
    """

    __slots__ = ("_actions", "_holds", "_session", "_starts", "group", "members")

    def __init__(self, session: Session, actions: Sequence[BoundAction]) -> None:
        self._session = session
        self._actions = actions
        self.group: int | None = None
        self.members: list[JobRecord] | None = None
        self._holds: list[Hold] = []
        self._starts: dict[str, Start] = {}

    @property
    def jobs(self) -> tuple[str, ...]:
        """Ids of the jobs that the actions start, in order."""
        return tuple(self._starts)

    async def prepare(self) -> list[WireAction]:
        """The actions as they go to QEMU.

        Raises:
            Refused: a job cannot be held where the script says; nothing of the other holds stays.
        """
        try:
            return await self._wire()
        except (Refused, CommandFailed):
            await self.withdraw()
            raise

    async def _wire(self) -> list[WireAction]:
        nodes: dict[str, NodeInfo] | None = None
        wire: list[WireAction] = []
        for action in self._actions:
            data = dict(action.arguments)
            if action.action.starts_job:
                self._expect(action, data)
                written = self._session.names.declared.get(data["target"])
                if written is not None:
                    written.holes_are_alike = False
                data["target"] = self._session.names.top(data["target"])
                if action.hold_bytes is not None:
                    from txsh.session.view import look_at_nodes

                    nodes = nodes or await look_at_nodes(self._session.backend)
                    await self._hold_at(action, data, wire, nodes)
            wire.append((action.action.qmp, data))
        return wire

    def announce(self) -> None:
        """The actions are about to be sent: their jobs' events may come before the reply."""
        self._session.jobs.announce(self._starts)

    async def withdraw(self) -> None:
        """The actions were refused: no job of theirs lives, and no filter shall stay."""
        self._session.jobs.withdraw()
        # The last one lies on top of those before.
        for hold in reversed(self._holds):
            self._session.jobs.stopping.discard(hold.job)
            await hold.discard(self._session)

    async def hold(self) -> None:
        """Let time pass until every held job is where it is held, or has ended.

        Raises:
            Refused: a job did not come there in time.
        """
        self._session.jobs.withdraw()
        if not self._holds:
            return
        from txsh.session.waiting import wait_for_holds

        self._session.holds.update({hold.job: hold for hold in self._holds})
        await wait_for_holds(self._session, self._holds)

    def _expect(self, action: BoundAction, data: Mapping[str, Any]) -> None:
        finalizes = data.get("auto-finalize", True)
        ends = data["sync"] != "none"
        start = Start(action.span, data["device"], data["target"], finalizes=finalizes, ends=ends)
        start.group = self.group
        if self.members is not None:
            start.members = self.members
        self._starts[data.get("job-id", data["device"])] = start

    async def _hold_at(
        self, action: BoundAction, data: dict[str, Any], before: Sequence[WireAction], nodes: dict[str, NodeInfo]
    ) -> None:
        from txsh.session.hold import apply_hold

        dirty = await self._dirty(data, before, nodes)
        ((_, real),) = self._session.names.real([(action.action.qmp, data)])
        if real["device"] in nodes:
            nodes = {**nodes, data["device"]: nodes[real["device"]]}
        assert action.hold_bytes is not None
        try:
            hold = await apply_hold(
                self._session, data, action.hold_bytes, dirty, nodes, shared=self._readers(data["device"]) > 1
            )
        except Refused as refused:
            refused.culprit, refused.place = action.span, action.spans["hold"]
            raise
        if hold is not None:
            self._holds.append(hold)

    def _readers(self, node: str) -> int:
        """How many jobs read a node once these actions have started theirs."""
        living = [record for record in self._session.jobs.living() if record.node == node]
        started = [each for each in self._actions if each.action.starts_job and each.arguments["device"] == node]
        return len(living) + len(started)

    async def _dirty(
        self, data: Mapping[str, Any], before: Sequence[WireAction], nodes: dict[str, NodeInfo]
    ) -> Extents | None:
        if data["sync"] not in ("incremental", "bitmap") or "bitmap" not in data:
            return None
        from txsh.session.foresight import content_after

        *earlier, (_, real) = self._session.names.real([*before, ("blockdev-backup", dict(data))])
        return await content_after(self._session, earlier, nodes, (real["device"], real["bitmap"]))


async def discard_old_holds(session: Session) -> None:
    """Forget the holds whose jobs are gone, and take their filters away."""
    for job, hold in list(session.holds.items()):
        if _has_ended(session, hold):
            session.old_holds.append(session.holds.pop(job))
    for hold in list(session.old_holds):
        if _has_ended(session, hold) and await hold.discard(session):
            session.old_holds.remove(hold)


def _has_ended(session: Session, hold: Hold) -> bool:
    record = session.jobs.newest.get(hold.job)
    return record is not None and has_ended(record)
