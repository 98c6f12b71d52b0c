"""cancel=all: the user's list on shadows, and the commit that makes it true.

No bitmap of the user is touched by T1; the only use it makes of them is as merge sources. Source: the rules were tried
with random lists against QEMU's own transactions; they are written out in the documentation of groups.
"""

from __future__ import annotations

from txsh.group.followed import Followed
from txsh.group.job import GroupJob, consumes_bitmap, reads_bitmap, started_on
from txsh.group.translation import Held, Translated, Translation
from txsh.group.wire import CLEAR, COARSEST_BYTES, REMOVE, adds, merge_sources, merges, names, own_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from txsh.group.wire import BitmapKey, QmpAction
    from txsh.group.world import World


def put_off(
    actions: Sequence[QmpAction], shadows: Sequence[str], concerned: Sequence[str], world: World, transaction_id: str
) -> Translation:
    """Translate a list so that everything in it happens at the commit.

    Args:
        shadows: what each action does (`Action.shadow`).
        concerned: every node that the list names, by its own name.
    """
    list_ = _List(world, transaction_id)
    for index, ((kind, data), shadow) in enumerate(zip(actions, shadows, strict=True)):
        list_.t1 += [Translated(action, index) for action in _TAKE[shadow](list_, kind, data)]
    recorder = own_name(transaction_id, "W")
    followed = list_.followed.values()
    return Translation(
        list_.t1,
        list_.held,
        {node: _finest_bytes(followed, node) for node in concerned},
        {node: _changed(followed, node, recorder) for node in concerned},
        {node: [bitmap.shadow for bitmap in followed if bitmap.node == node and bitmap.shadow] for node in concerned},
        _commit(followed, recorder),
        list_.behind,
    )


def _finest_bytes(followed: Iterable[Followed], node: str) -> int:
    return min((bitmap.granularity_bytes for bitmap in followed if bitmap.node == node), default=COARSEST_BYTES)


def _changed(followed: Iterable[Followed], node: str, recorder: str) -> list[str]:
    on_node = (bitmap for bitmap in followed if bitmap.node == node and bitmap.addition is None)
    return [bitmap.name for bitmap in on_node if bitmap.settled(recorder)]


def _commit(followed: Iterable[Followed], recorder: str) -> list[QmpAction]:
    actions = [action for bitmap in followed for action in bitmap.added()]
    actions += [names(REMOVE, *bitmap.key) for bitmap in followed if bitmap.is_removed and bitmap.addition is None]
    actions += [action for bitmap in followed for action in bitmap.settled(recorder)]
    return actions


class _List:
    """The list as far as it is translated."""

    __slots__ = ("_shadows_made", "behind", "followed", "held", "t1", "transaction_id", "world")

    def __init__(self, world: World, transaction_id: str) -> None:
        self.world = world
        self.transaction_id = transaction_id
        self.t1: list[Translated] = []
        self.held: list[Held] = []
        self.followed: dict[BitmapKey, Followed] = {}
        self.behind: dict[BitmapKey, str] = {}
        self._shadows_made = 0

    def follow(self, node: str, name: str) -> Followed:
        key = node, name
        if key not in self.followed:
            found = self.world.bitmap(*key)
            assert found is not None
            self.followed[key] = Followed(
                *key, found.granularity_bytes, recording=found.recording, readonly=found.readonly
            )
        return self.followed[key]

    def follow_new(self, data: Mapping[str, Any]) -> Followed:
        node = self.world.node(data["node"])
        assert node is not None
        size = data.get("granularity", node.default_granularity_bytes)
        recording = not data.get("disabled", False)
        bitmap = Followed(node.info.name, data["name"], size, recording=recording, readonly=False)
        # It has recorded nothing of what falls between T1 and the commit.
        bitmap.recorded = False
        bitmap.addition = data
        self.followed[bitmap.key] = bitmap
        return bitmap

    def shadow(self, bitmap: Followed) -> list[QmpAction]:
        """What T1 needs so that the bitmap has a shadow."""
        if bitmap.shadow is not None:
            return []
        self._shadows_made += 1
        bitmap.shadow = own_name(self.transaction_id, f"S:{self._shadows_made}")
        self.behind[bitmap.node, bitmap.shadow] = bitmap.name
        return [adds(bitmap.node, bitmap.shadow, bitmap.granularity_bytes, disabled=True)]


def _add(list_: _List, _kind: str, data: Mapping[str, Any]) -> list[QmpAction]:
    bitmap = list_.follow_new(data)
    bitmap.is_absolute = True
    return list_.shadow(bitmap)


def _empty(list_: _List, _kind: str, data: Mapping[str, Any]) -> list[QmpAction]:
    bitmap = list_.follow(data["node"], data["name"])
    bitmap.is_absolute = True
    if bitmap.shadow is None:
        return list_.shadow(bitmap)
    return [names(CLEAR, bitmap.node, bitmap.shadow)]


def _merge(list_: _List, _kind: str, data: Mapping[str, Any]) -> list[QmpAction]:
    target = list_.follow(data["node"], data["target"])
    read = [list_.follow(*key) for key in merge_sources(data, data["node"])]
    actions = list_.shadow(target)
    sources = [key for bitmap in read if bitmap is not target for key in bitmap.content]
    if sources:
        assert target.shadow is not None
        actions.append(merges(target.node, target.shadow, sources))
    return actions


def _disable(list_: _List, _kind: str, data: Mapping[str, Any]) -> list[QmpAction]:
    bitmap = list_.follow(data["node"], data["name"])
    bitmap.recording = False
    if bitmap.readonly or bitmap.is_absolute or not bitmap.recorded:
        return []
    # The bitmap itself goes on recording until the commit; what it holds now is kept aside.
    actions = list_.shadow(bitmap)
    assert bitmap.shadow is not None
    bitmap.is_absolute = True
    return [*actions, merges(bitmap.node, bitmap.shadow, [bitmap.key])]


def _enable(list_: _List, _kind: str, data: Mapping[str, Any]) -> list[QmpAction]:
    list_.follow(data["node"], data["name"]).recording = True
    return []


def _remove(list_: _List, _kind: str, data: Mapping[str, Any]) -> list[QmpAction]:
    list_.follow(data["node"], data["name"]).is_removed = True
    return []


def _back_up(list_: _List, kind: str, data: Mapping[str, Any]) -> list[QmpAction]:
    node = data["device"]
    bitmap = list_.follow(node, data["bitmap"]) if "bitmap" in data else None
    held = hold(list_.world, data, list_.transaction_id, bitmap.granularity_bytes if bitmap else None)
    list_.held.append(held)
    if bitmap is None:
        return [(kind, started_on(held.job.bitmap, data))]
    list_.behind[node, held.job.bitmap] = bitmap.name
    content = bitmap.content
    bitmap.is_consumed |= consumes_bitmap(data)
    job = (kind, started_on(held.job.bitmap, data))
    return [merges(node, held.job.bitmap, content), job] if reads_bitmap(data) else [job]


def hold(world: World, data: Mapping[str, Any], transaction_id: str, granularity_bytes: int | None) -> Held:
    """The job that a backup starts, and its J: as fine as the bitmap when that says what to copy, else a mere mark."""
    job_id = world.job_id(data)
    job = GroupJob(
        job_id,
        own_name(transaction_id, f"J:{job_id}"),
        data["device"],
        data["target"],
    )
    if reads_bitmap(data):
        assert granularity_bytes is not None
        return Held(job, granularity_bytes, disabled=False)
    return Held(job, COARSEST_BYTES, disabled=True)


_TAKE: dict[str, Callable[[_List, str, Mapping[str, Any]], list[QmpAction]]] = {
    "adds": _add,
    "removes": _remove,
    "empties": _empty,
    "enables": _enable,
    "disables": _disable,
    "merges": _merge,
    "backs-up": _back_up,
}
