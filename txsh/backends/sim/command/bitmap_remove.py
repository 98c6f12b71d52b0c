"""block-dirty-bitmap-remove. Source: QEMU block/monitor/bitmap-qmp-cmds.c, blockdev.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.bitmap import BUSY, READONLY
from txsh.backends.sim.command.action import Immediate, find_bitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.world import World


def remove(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Remove a bitmap, on the disk too.

    Raises:
        CommandFailed: unknown, or its state forbids it.
    """
    bitmap = _forget(world, arguments)
    bitmap.node.release_bitmap(bitmap)
    return {}


def _forget(world: World, arguments: Mapping[str, Any]) -> DirtyBitmap:
    bitmap = find_bitmap(world, arguments["node"], arguments["name"])
    node = bitmap.node
    if node.world.profile.read_only_by_node:
        bitmap.check((BUSY,))
        if bitmap.persistent and node.read_only:
            raise CommandFailed(
                "GenericError",
                f"Cannot remove persistent bitmap '{bitmap.name}': no write access to node '{node.name}'",
            )
    else:
        bitmap.check((BUSY, READONLY))
    image = node.driver.image_format()
    if bitmap.persistent and image is not None:
        from txsh.backends.sim.persistence import forget  # noqa: PLC0415  # only persistent ones need it

        forget(node, image, arguments["name"])
    return bitmap


class BitmapRemove(Immediate):
    """Marks it in prepare, frees it on commit; the copy on the disk goes at once."""

    kind = "block-dirty-bitmap-remove"
    bitmap: DirtyBitmap | None = None

    def prepare(self) -> None:
        """Mark it busy and not to be stored."""
        self.context.refuse_grouped(self.kind)
        self.bitmap = _forget(self.world, self.data)
        self.bitmap.skip_store = True
        self.bitmap.busy = True

    def commit(self) -> None:
        """Free it."""
        assert self.bitmap is not None
        self.bitmap.busy = False
        self.bitmap.node.release_bitmap(self.bitmap)

    def abort(self) -> None:
        """Take the marks away."""
        if self.bitmap is not None:
            self.bitmap.skip_store = False
            self.bitmap.busy = False


COMMANDS = {"block-dirty-bitmap-remove": remove}
ACTIONS = {"block-dirty-bitmap-remove": BitmapRemove}
