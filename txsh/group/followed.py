"""One bitmap of the user followed through a list with cancel=all, and what the commit does to it.

An action works on the bitmap's shadow S, which is *relative* (to be merged into the bitmap) or *absolute* (to replace
its content). What the bitmap holds at some point of the list is itself, itself and S, or S alone.
"""

from __future__ import annotations

from txsh.group.wire import ADD, CLEAR, DISABLE, ENABLE, merges, names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.group.wire import BitmapKey, QmpAction


class Followed:
    """Where one bitmap stands.

    Attributes:
        node: the node's own name.
        recorded: whether it recorded before the list; `recording` whether it does now.
        readonly: its content cannot change; only its flag can.
        addition: ``data`` of the action that makes it; None for one that exists.
        shadow: its S, None without one; `is_absolute` when that replaces the content.
        is_consumed: a job that succeeds leaves in it only what was written since.
    """

    __slots__ = (
        "addition",
        "granularity_bytes",
        "is_absolute",
        "is_consumed",
        "is_removed",
        "name",
        "node",
        "readonly",
        "recorded",
        "recording",
        "shadow",
    )

    def __init__(self, node: str, name: str, granularity_bytes: int, *, recording: bool, readonly: bool) -> None:
        self.node = node
        self.name = name
        self.granularity_bytes = granularity_bytes
        self.recorded = self.recording = recording
        self.readonly = readonly
        self.addition: Mapping[str, Any] | None = None
        self.shadow: str | None = None
        self.is_absolute = False
        self.is_consumed = False
        self.is_removed = False

    @property
    def key(self) -> BitmapKey:
        """Node and name."""
        return self.node, self.name

    @property
    def content(self) -> list[BitmapKey]:
        """The bitmaps whose union is what it holds now."""
        if self.shadow is None:
            return [self.key]
        return [(self.node, self.shadow)] if self.is_absolute else [self.key, (self.node, self.shadow)]

    def added(self) -> list[QmpAction]:
        """What the commit adds: the bitmap itself when it is new and still there at the end of the list."""
        if self.addition is None or self.is_removed:
            return []
        data = {member: value for member, value in self.addition.items() if member != "disabled"}
        return [(ADD, data if self.recording else {**data, "disabled": True})]

    def settled(self, recorder: str) -> list[QmpAction]:
        """What the commit changes in it.

        The flag comes first: an enable after the clear loses writes on a node in an iothread.
        """
        if self.is_removed:
            return []
        exists = self.addition is None
        actions: list[QmpAction] = []
        if exists and self.recording != self.recorded:
            actions.append(names(ENABLE if self.recording else DISABLE, *self.key))
        if self.readonly:
            return actions
        replaces = self.is_consumed or self.is_absolute
        sources = [] if self.shadow is None or self.is_consumed else [self.shadow]
        if self.recording and (replaces or not self.recorded):
            sources.append(recorder)
        if replaces and exists:
            actions.append(names(CLEAR, *self.key))
        if sources:
            actions.append(merges(self.node, self.name, [(self.node, source) for source in sources]))
        return actions
