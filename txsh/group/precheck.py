"""Which action of a list QEMU would refuse first, and with which words, told from a look before anything is sent.

Actions are judged one after the other, each in the state that the earlier ones leave, as QEMU prepares them. Only what
the look shows is claimed: None means that nothing looked up forbids the list, not that QEMU will take it. Arguments
that the schema forbids are no matter of this module.
"""

from __future__ import annotations

from txsh.group import text
from txsh.group.backup_check import refusal_of_backup
from txsh.group.bitmap_check import CHECKS
from txsh.group.difference import GROUPED_IS_CHECKED_FIRST
from txsh.group.saying import may_be_told
from txsh.group.wire import ABORT, BACKUP, DRIVE_BACKUP, MERGE
from txsh.group.world import NO_ALIASES, World
from txsh.model.event import QmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from txsh.group.wire import QmpAction
    from txsh.model.state import JobInfo, NodeInfo


class Refusal:
    """The first action that would be refused.

    Attributes:
        index: its place in the list, from 0.
        error: QEMU's words.
    """

    __slots__ = ("error", "index")

    def __init__(self, index: int, description: str) -> None:
        self.index = index
        self.error = QmpError("GenericError", description)

    def __repr__(self) -> str:
        return f"Refusal({self.index}, {self.error.description!r})"


def first_refusal(
    actions: Sequence[QmpAction],
    nodes: Mapping[str, NodeInfo],
    jobs: Mapping[str, JobInfo],
    *,
    version: tuple[int, int],
    grouped: bool = False,
    aliases: Mapping[str, str] = NO_ALIASES,
) -> Refusal | None:
    """The first action that this QEMU would refuse, in the order in which it judges them.

    Args:
        actions: as they would be sent.
        nodes: `query-named-block-nodes`, just looked up; `jobs` the same of `query-jobs`.
        grouped: with ``completion-mode`` ``grouped``.
        aliases: device names, with the node behind each.
    """
    if grouped and GROUPED_IS_CHECKED_FIRST.is_in(version):
        refused = next((index for index, (kind, _) in enumerate(actions) if not _is_job(kind)), None)
        if refused is not None:
            return Refusal(refused, text.not_grouped(actions[refused][0], version))
    world = World(nodes, jobs, aliases)
    nothing_merged: Refusal | None = None
    for index, (kind, data) in enumerate(actions):
        if kind == ABORT:
            return Refusal(index, text.ABORTED)
        description = None
        if grouped and not _is_job(kind):
            description = text.not_grouped(kind, version)
        elif kind == BACKUP:
            description = refusal_of_backup(world, data, version)
        elif kind in CHECKS:
            description = CHECKS[kind](world, data, version)
        if description is not None:
            return Refusal(index, description)
        if kind == MERGE and not data["bitmaps"] and nothing_merged is None:
            # QEMU crashes of it when it commits, so an action that is refused after it comes first.
            nothing_merged = Refusal(index, text.MERGE_OF_NOTHING)
    return nothing_merged


def blame(
    actions: Sequence[QmpAction],
    nodes: Mapping[str, NodeInfo],
    jobs: Mapping[str, JobInfo],
    error: QmpError,
    *,
    version: tuple[int, int],
    grouped: bool = False,
    aliases: Mapping[str, str] = NO_ALIASES,
) -> int | tuple[int, ...] | None:
    """Which action of a refused transaction QEMU's words are about, which QEMU itself does not say.

    First the action that is foreseen to be refused in these very words; else the one whose own names they fit.

    Args:
        actions: as they were sent.
        nodes: looked up after the refusal, when all is as it was before; `jobs` likewise.
        error: what QEMU answered.
        aliases: device names, with the node behind each.

    Returns:
        The place of the action; the places of several that it may be, when nothing tells them apart; None when it
        fits none. Never a guess.
    """
    place = _place_in(error.description)
    if place is not None:
        return place if place < len(actions) else None
    foreseen = first_refusal(actions, nodes, jobs, version=version, grouped=grouped, aliases=aliases)
    if foreseen is not None and foreseen.error == error:
        return foreseen.index
    found = tuple(i for i, action in enumerate(actions) if may_be_told(action, error.description, version))
    if len(found) == 1:
        return found[0]
    return found or None


def _place_in(description: str) -> int | None:
    """The place that the visitor's own words name: ``Parameter 'actions[1].data.name' is missing``."""
    _, found, rest = description.partition("'actions[")
    digits = rest.partition("]")[0]
    return int(digits) if found and digits.isdecimal() else None


def _is_job(kind: str) -> bool:
    return kind in (BACKUP, DRIVE_BACKUP)
