"""One job's vote on its group: pending is yes and cannot be taken back by the job itself; any end before is no."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.model.event import Event
    from txsh.model.state import JobInfo

_ENDING = ("aborting", "concluded", "null")
_ENDED = ("concluded", "null")
_CANCELLED_TEXT = "Operation canceled"


class Ballot:
    """Where one job stands.

    Attributes:
        is_pending: it has voted yes.
        turn: it has voted no, as the how manieth; None while it has not.
        outcome: ``completed``, ``failed`` or ``cancelled``, as far as it was told.
        error: strerror's text of a failed one.
        is_ended: concluded or gone; what is told of its id from then on is about another job.
        is_told: it was told to finalize or to cancel.
    """

    __slots__ = ("error", "is_ended", "is_pending", "is_told", "job", "outcome", "turn")

    def __init__(self, job: str) -> None:
        self.job = job
        self.is_pending = False
        self.turn: int | None = None
        self.outcome: str | None = None
        self.error: str | None = None
        self.is_ended = False
        self.is_told = False

    @property
    def words(self) -> str:
        """Why the group ends with it, if it does."""
        match self.outcome:
            case "failed":
                return f"{self.job} failed: {self.error}"
            case "cancelled":
                return f"{self.job} was cancelled"
            case "completed":
                return f"{self.job} was finalized by somebody else"
            case _:
                return f"{self.job} ended before all had succeeded"

    def heard(self, event: Event, turn: int) -> None:
        """An event about a job of this id.

        Args:
            turn: the place that a no has now.
        """
        if self.is_ended:
            return
        match event.name:
            case "JOB_STATUS_CHANGE":
                self._stands(event.data["status"], turn)
            case "BLOCK_JOB_COMPLETED":
                self._ends("failed" if "error" in event.data else "completed", event.data.get("error"), turn)
            case "BLOCK_JOB_CANCELLED":
                self._ends("cancelled", None, turn)
            case _:
                pass

    def looked(self, info: JobInfo | None, turn: int) -> None:
        """What `query-jobs` says of this id; None when there is no such job."""
        if self.is_ended:
            return
        if info is not None and info.error is not None:
            self._ends("cancelled" if info.error == _CANCELLED_TEXT else "failed", info.error, turn)
        self._stands("null" if info is None else info.status, turn)

    def _stands(self, status: str, turn: int) -> None:
        self.is_pending = status == "pending"
        if status in _ENDING:
            self._oppose(turn)
        if status in _ENDED:
            self.is_ended = True

    def _ends(self, outcome: str, error: str | None, turn: int) -> None:
        self.outcome = outcome
        self.error = error
        self._oppose(turn)

    def _oppose(self, turn: int) -> None:
        if self.turn is None:
            self.turn = turn
