"""block-dirty-bitmap-clear. Source: QEMU block/monitor/bitmap-qmp-cmds.c, blockdev.c."""

from __future__ import annotations

from txsh.backends.sim.command.action import Immediate, find_bitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.world import World
    from txsh.model.extent import Extents


def clear(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Forget every dirty bit.

    Raises:
        CommandFailed: unknown, or its state forbids it.
    """
    bitmap = find_bitmap(world, arguments["node"], arguments["name"])
    bitmap.check()
    bitmap.bits.clear()
    return {}


class BitmapClear(Immediate):
    """Saves the bits in prepare, puts them back on abort."""

    kind = "block-dirty-bitmap-clear"
    bitmap: DirtyBitmap
    saved: Extents | None = None

    def prepare(self) -> None:
        """Clear it."""
        self.context.refuse_grouped(self.kind)
        self.bitmap = find_bitmap(self.world, self.data["node"], self.data["name"])
        self.bitmap.check()
        self.saved = self.bitmap.bits.copy()
        self.bitmap.bits.clear()

    def abort(self) -> None:
        """Put the bits back."""
        if self.saved is not None:
            self.bitmap.restore(self.saved)


COMMANDS = {"block-dirty-bitmap-clear": clear}
ACTIONS = {"block-dirty-bitmap-clear": BitmapClear}
