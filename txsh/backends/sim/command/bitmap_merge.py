"""block-dirty-bitmap-merge. Source: QEMU block/monitor/bitmap-qmp-cmds.c, blockdev.c."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.sim.bitmap import merge
from txsh.backends.sim.command.action import Immediate, bitmap_on, find_bitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.world import World
    from txsh.model.extent import Extents


def merge_all(world: World, arguments: Mapping[str, Any]) -> tuple[DirtyBitmap, Extents | None]:
    """Merge the sources one after the other; the target, and its bits from before the first, None without sources.

    Raises:
        CommandFailed: one of them is unknown or cannot be merged; the target is as before.
    """
    target = find_bitmap(world, arguments["node"], arguments["target"])
    saved: Extents | None = None
    try:
        for each in arguments["bitmaps"]:
            source = (
                bitmap_on(target.node, each)
                if isinstance(each, str)
                else find_bitmap(world, each["node"], each["name"])
            )
            before = target.bits.copy()
            merge(target, source)
            if saved is None:
                saved = before
    except CommandFailed:
        if saved is not None:
            target.bits = saved
        raise
    return target, saved


def _free_saved(saved: Extents | None) -> None:
    """Free the saved copy, which is not there when there was no source (B2)."""
    if saved is None:
        raise BackendLost("QEMU crashes here: block-dirty-bitmap-merge with an empty list of bitmaps (SIGSEGV)")


def merge_command(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Merge.

    Raises:
        CommandFailed: see `merge_all`.
        BackendLost: the list is empty.
    """
    _free_saved(merge_all(world, arguments)[1])
    return {}


class BitmapMerge(Immediate):
    """Merges in prepare, puts the target's bits back on abort."""

    kind = "block-dirty-bitmap-merge"
    target: DirtyBitmap
    saved: Extents | None = None

    def prepare(self) -> None:
        """Merge."""
        self.context.refuse_grouped(self.kind)
        self.target, self.saved = merge_all(self.world, self.data)

    def commit(self) -> None:
        """Free the saved copy."""
        _free_saved(self.saved)

    def abort(self) -> None:
        """Put the bits back."""
        if self.saved is not None:
            self.target.restore(self.saved)


COMMANDS = {"block-dirty-bitmap-merge": merge_command}
ACTIONS = {"block-dirty-bitmap-merge": BitmapMerge}
