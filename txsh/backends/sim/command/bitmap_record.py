"""block-dirty-bitmap-enable and -disable. Source: QEMU block/monitor/bitmap-qmp-cmds.c, blockdev.c."""

from __future__ import annotations

from txsh.backends.base import BackendLost
from txsh.backends.sim.bitmap import ALLOW_READONLY
from txsh.backends.sim.command.action import Immediate, find_bitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.world import World


def enable(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let it record.

    Raises:
        CommandFailed: unknown, or its state forbids it.
    """
    _checked(world, arguments).disabled = False
    return {}


def disable(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let it record no more.

    Raises:
        CommandFailed: unknown, or its state forbids it.
    """
    _checked(world, arguments).disabled = True
    return {}


def _checked(world: World, arguments: Mapping[str, Any]) -> DirtyBitmap:
    bitmap = find_bitmap(world, arguments["node"], arguments["name"])
    bitmap.check(ALLOW_READONLY)
    return bitmap


class BitmapEnable(Immediate):
    """Enables in prepare; its abort runs on a state that may be half made: B1 and B4."""

    kind = "block-dirty-bitmap-enable"
    bitmap: DirtyBitmap | None = None
    was_enabled = False

    def prepare(self) -> None:
        """Enable it."""
        self.context.refuse_grouped(self.kind)
        self.bitmap = find_bitmap(self.world, self.data["node"], self.data["name"])
        self.bitmap.check(ALLOW_READONLY)
        self.was_enabled = not self.bitmap.disabled
        self.bitmap.disabled = False

    def abort(self) -> None:
        """Disable it unless it was seen enabled.

        Raises:
            BackendLost: there is no bitmap; QEMU follows a null pointer here.
        """
        if self.was_enabled:
            return
        if self.bitmap is None:
            raise BackendLost(
                "QEMU crashes here: block-dirty-bitmap-enable refused inside a transaction before it found its bitmap "
                "(SIGSEGV)"
            )
        self.bitmap.touch()
        self.bitmap.disabled = True


class BitmapDisable(Immediate):
    """Disables in prepare; abort enables what was seen enabled."""

    kind = "block-dirty-bitmap-disable"
    bitmap: DirtyBitmap | None = None
    was_enabled = False

    def prepare(self) -> None:
        """Disable it."""
        self.context.refuse_grouped(self.kind)
        self.bitmap = find_bitmap(self.world, self.data["node"], self.data["name"])
        self.bitmap.check(ALLOW_READONLY)
        self.was_enabled = not self.bitmap.disabled
        self.bitmap.disabled = True

    def abort(self) -> None:
        """Enable it if it was seen enabled."""
        if self.was_enabled and self.bitmap is not None:
            self.bitmap.touch()
            self.bitmap.disabled = False


COMMANDS = {"block-dirty-bitmap-enable": enable, "block-dirty-bitmap-disable": disable}
ACTIONS = {"block-dirty-bitmap-enable": BitmapEnable, "block-dirty-bitmap-disable": BitmapDisable}
