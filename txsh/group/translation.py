"""What becomes of a user's list in a group: the common result of both cancel modes. Plain values."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NamedTuple

    from txsh.group.job import GroupJob
    from txsh.group.wire import BitmapKey, QmpAction
else:
    from txsh.named import NamedTuple


class Translated(NamedTuple):
    """An action of T1 and the place of the user's action that it stands for; None for what the group itself needs."""

    action: QmpAction
    origin: int | None


class Held(NamedTuple):
    """A job of the group and the J that it holds."""

    job: GroupJob
    granularity_bytes: int
    disabled: bool


class Translation(NamedTuple):
    """A list, translated.

    Args:
        t1: the user's list as it stands in T1.
        held: the jobs, in the order of the list.
        recorders: granularity of the recorder by node, for every node concerned, in the order the list names them.
        changed: by node, the bitmaps that exist and whose flag or content the commit changes.
        shadows: by node, its shadows.
        commit: what the commit does to the user's bitmaps.
        behind: the user's bitmap behind each shadow and J.
    """

    t1: Sequence[Translated]
    held: Sequence[Held]
    recorders: Mapping[str, int]
    changed: Mapping[str, Sequence[str]]
    shadows: Mapping[str, Sequence[str]]
    commit: Sequence[QmpAction]
    behind: Mapping[BitmapKey, str]
