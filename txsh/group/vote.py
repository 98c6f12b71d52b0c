"""What a group that txsh runs does next: it counts the votes of its jobs, commits or aborts, and clears up.

A state machine of plain values: it is told what happened and asked for the next move. It sends nothing, waits for
nothing and knows no clock.

::

    voting - flushing - committing - finishing - clearing - done      committed
      |         |           |
      +---------+-----------+------ fencing - cancelling - clearing - done      cancelled

When a reply is lost, or the fence is refused because a recorder is gone, somebody else may have decided. Then a look
tells: a commit record anywhere means committed; else the fence has to be there before anything is cancelled.
"""

from __future__ import annotations

from txsh.group.ballot import Ballot
from txsh.group.move import Done, Flush, Look, Move, Send, Tell, Wait
from txsh.group.told import translate
from txsh.group.wire import own_name, owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.group.prepare import Prepared
    from txsh.group.wire import BitmapKey, QmpAction
    from txsh.model.event import Event, QmpError
    from txsh.model.state import BitmapInfo, JobInfo, NodeInfo

COMMITTED = "committed"
CANCELLED = "cancelled"
UNKNOWN = "unknown"
_JOB_NOT_FOUND = "Job not found"


class Group:
    """One group from the moment before T1 is sent to its end.

    Events of its jobs may be told before T1's reply is; when T1 is refused the group is thrown away.

    Attributes:
        outcome: ``committed``, ``cancelled`` or ``unknown`` as soon as that is certain, else None. Never changes again.
        ballots: by job id.
    """

    __slots__ = (
        "_asked",
        "_clearing",
        "_doubt",
        "_fence",
        "_left",
        "_must_look_at_jobs",
        "_own_reason",
        "_phase",
        "_prepared",
        "_refused",
        "_unflushed",
        "ballots",
        "outcome",
    )

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._phase = "starting"
        self._asked: Move = Wait()
        self._own_reason: str | None = None
        self._doubt: str | None = None
        self._unflushed = list(prepared.flush_targets)
        self._fence = prepared.fence
        self._refused = False
        self._must_look_at_jobs = False
        self._clearing: tuple[QmpAction, ...] = ()
        self._left: tuple[BitmapKey, ...] = ()
        self.ballots = {job.id: Ballot(job.id) for job in prepared.jobs}
        self.outcome: str | None = None

    @property
    def culprit(self) -> Ballot | None:
        """The job that voted no first; None when no job did, or not before there was another reason."""
        if self._own_reason is not None or self.outcome == COMMITTED:
            return None
        opposed = [ballot for ballot in self.ballots.values() if ballot.turn is not None]
        return min(opposed, key=lambda ballot: ballot.turn or 0, default=None)

    @property
    def reason(self) -> str | None:
        """Why it is cancelled, the first reason there was; grows exact when the job that voted no has ended."""
        culprit = self.culprit
        return self._own_reason if culprit is None else culprit.words

    def started(self) -> None:
        """T1 was accepted."""
        self._phase = "voting" if self._own_reason is None else "fencing"

    def start_lost(self) -> None:
        """T1 was sent and its answer never came; QEMU is there, on a new connection."""
        self._own_reason = self._own_reason or "the reply to its start was lost"
        self._phase = "looking"

    def heard(self, event: Event) -> None:
        """An event, about a job of the group or not."""
        ballot = self.ballots.get(event.job or "")
        if ballot is not None:
            ballot.heard(event, self._next_turn())

    def flushed(self, node: str, error: str | None) -> None:
        """A target was flushed, or cannot be; or flushing it failed, which is a vote of no."""
        self._asked = Wait()
        self._unflushed.remove(node)
        if error is not None:
            self.abandon(f"flushing {node} failed: {error}")

    def abandon(self, reason: str) -> None:
        """Somebody wants it to end. Too late once the commit was sent, and no news once it is being cancelled."""
        if self._phase not in ("starting", "voting", "flushing"):
            return
        if self.culprit is None:
            self._own_reason = self._own_reason or reason
        if self._phase != "starting":
            self._asked = Wait()
            self._phase = "fencing"

    def replied(self, error: QmpError | None) -> None:
        """The answer to the last `Send` or `Tell`."""
        asked, self._asked = self._asked, Wait()
        match asked:
            case Tell(_, job):
                if error is not None and error.description == _JOB_NOT_FOUND:
                    self.ballots[job].is_ended = True
                self._must_look_at_jobs = error is not None
            case Send("commit", _):
                self._commit_replied(error)
            case Send("fence", _):
                self._refused = error is not None
                self._fence = self._fence if self._refused else ()
                self._phase = "looking" if self._refused else "cancelling"
            case Send(_, _):
                self._refused = error is not None
                self._clearing = () if error is None else self._clearing
                self._phase = "done" if error is None else "looking for the rest"
            case _:
                raise AssertionError(f"nothing was asked that replies: {asked}")

    def reply_lost(self) -> None:
        """The last `Send` or `Tell` was sent and its answer never came; QEMU is there, on a new connection."""
        asked, self._asked = self._asked, Wait()
        self._refused = False
        match asked:
            case Send("clear", _):
                self._phase = "looking for the rest"
            case Send(purpose, _):
                if purpose == "commit":
                    self._doubt = "the reply to its commit was lost"
                self._phase = "looking"
            case Tell(_, job):
                self.ballots[job].is_told = False
                # Events may have been lost with the reply.
                self._must_look_at_jobs = True
            case _:
                raise AssertionError(f"nothing was asked that replies: {asked}")

    def looked(self, nodes: Mapping[str, NodeInfo], jobs: Mapping[str, JobInfo]) -> None:
        """The answer to a `Look`."""
        self._asked = Wait()
        for ballot in self.ballots.values():
            ballot.looked(jobs.get(ballot.job), self._next_turn())
        if self._must_look_at_jobs:
            self._must_look_at_jobs = False
            return
        ours = _own_bitmaps(nodes, self._prepared.transaction_id)
        if self._phase == "looking for the rest":
            self._look_for_rest(ours)
        else:
            self._look_who_decided(ours)

    def next(self) -> Move:
        """The next thing to do; the same again until it is answered."""
        if isinstance(self._asked, Wait):
            move: Move | None = Look() if self._must_look_at_jobs else None
            while move is None:
                move = self._move()
            self._asked = move
        return self._asked

    def _next_turn(self) -> int:
        return sum(ballot.turn is not None for ballot in self.ballots.values()) + 1

    def _commit_replied(self, error: QmpError | None) -> None:
        if error is None:
            self.outcome = COMMITTED
            self._phase = "finishing"
            return
        if self.culprit is None:
            self._own_reason = f"the commit was refused: {translate(error.description, self._prepared)}"
        self._phase = "fencing"

    def _look_who_decided(self, ours: Mapping[BitmapKey, BitmapInfo]) -> None:
        record = own_name(self._prepared.transaction_id, "C")
        if any(name == record for _, name in ours):
            self.outcome = COMMITTED
            self._phase = "finishing"
            return
        if self._doubt is not None:
            self._own_reason = self._own_reason or f"{self._doubt}, and it was not carried out"
            if not ours:
                # Somebody has cleared up, after a commit or after an abort: nothing tells which.
                self._own_reason = self._doubt
                self.outcome, self._phase = UNKNOWN, "done"
                return
        rest = _still_there(self._fence, ours)
        # A recorder that is there and cannot be removed is in use. Nobody but this group commits, and it does not any
        # more, so it is only to be removed later.
        is_stuck = self._refused and len(rest) == len(self._fence)
        self._fence, self._refused = rest, False
        self._phase = "cancelling" if is_stuck or not rest else "fencing"

    def _look_for_rest(self, ours: Mapping[BitmapKey, BitmapInfo]) -> None:
        there = _still_there(self._clearing, ours)
        free = tuple(one for one in there if not ours[_key(one)].busy)
        is_stuck = self._refused and len(free) == len(self._clearing)
        self._left += tuple(_key(one) for one in there if one not in free)
        self._clearing = free
        self._phase = "done" if is_stuck else "clearing"

    def _move(self) -> Move | None:
        """The move of this phase; None when it is over, and the next one to be asked."""
        match self._phase:
            case "starting":
                return Wait()
            case "voting":
                return self._voting()
            case "flushing":
                return self._flushing()
            case "committing":
                return Send("commit", self._prepared.t3)
            case "fencing":
                return Send("fence", self._fence)
            case "looking" | "looking for the rest":
                return Look()
            case "finishing":
                return self._finishing()
            case "cancelling":
                return self._cancelling()
            case "clearing":
                return self._clear()
            case _:
                return self._end()

    def _voting(self) -> Move | None:
        if self.culprit is not None:
            self._phase = "fencing"
        elif all(ballot.is_pending for ballot in self.ballots.values()):
            self._phase = "flushing"
        else:
            return Wait()
        return None

    def _flushing(self) -> Move | None:
        if self.culprit is not None:
            self._phase = "fencing"
            return None
        if self._unflushed:
            return Flush(self._unflushed[0])
        self._phase = "committing"
        return None

    def _finishing(self) -> Move | None:
        # One after the other: several that end together may crash QEMU (B10).
        for ballot in self.ballots.values():
            if not ballot.is_ended:
                return Wait() if ballot.is_told else self._tell(ballot, "job-finalize")
        self._clearing, self._phase = self._prepared.finish_cleanup, "clearing"
        return None

    def _cancelling(self) -> Move | None:
        self.outcome = CANCELLED
        living = [ballot for ballot in self.ballots.values() if not ballot.is_ended]
        for ballot in living:
            if not ballot.is_told:
                return self._tell(ballot, "job-cancel")
        if living:
            return Wait()
        self._clearing, self._phase = (*self._prepared.abort_cleanup, *self._fence), "clearing"
        return None

    def _clear(self) -> Move | None:
        if self._clearing:
            return Send("clear", self._clearing)
        self._phase = "done"
        return None

    def _end(self) -> Move | None:
        assert self.outcome is not None
        left = (*self._left, *(_key(one) for one in self._clearing))
        return Done(self.outcome, None if self.outcome == COMMITTED else self.reason, left)

    def _tell(self, ballot: Ballot, command: str) -> Move:
        ballot.is_told = True
        return Tell(command, ballot.job)


def _own_bitmaps(nodes: Mapping[str, NodeInfo], transaction_id: str) -> dict[BitmapKey, BitmapInfo]:
    return {
        (node.name, bitmap.name): bitmap
        for node in nodes.values()
        for bitmap in node.bitmaps
        if owner(bitmap.name) == transaction_id
    }


def _key(removal: QmpAction) -> BitmapKey:
    return removal[1]["node"], removal[1]["name"]


def _still_there(removals: tuple[QmpAction, ...], bitmaps: Mapping[BitmapKey, BitmapInfo]) -> tuple[QmpAction, ...]:
    return tuple(removal for removal in removals if _key(removal) in bitmaps)
