"""What a group may ask to be done next. Plain values."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.group.wire import BitmapKey, QmpAction
else:
    from txsh.named import NamedTuple


class Wait(NamedTuple):
    """Nothing to do until something is heard of a job."""


class Flush(NamedTuple):
    """Flush a target; to be answered with `Group.flushed`."""

    node: str


class Send(NamedTuple):
    """Send an individual transaction; to be answered with `Group.replied`.

    Args:
        purpose: ``commit``, ``fence`` or ``clear``.
    """

    purpose: str
    actions: tuple[QmpAction, ...]


class Tell(NamedTuple):
    """Send ``job-finalize`` or ``job-cancel`` for one job; to be answered with `Group.replied`."""

    command: str
    job: str


class Look(NamedTuple):
    """Ask for all nodes and all jobs; to be answered with `Group.looked`."""


class Done(NamedTuple):
    """All is over.

    Args:
        outcome: ``committed``, ``cancelled`` or ``unknown``.
        reason: why it is not committed, in one line; None when it is.
        left: bitmaps of ours that could not be removed, because somebody uses them.
    """

    outcome: str
    reason: str | None
    left: tuple[BitmapKey, ...]


Move = Wait | Flush | Send | Tell | Look | Done
