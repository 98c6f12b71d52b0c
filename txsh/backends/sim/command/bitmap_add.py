"""block-dirty-bitmap-add. Source: QEMU block/monitor/bitmap-qmp-cmds.c, block/qcow2-bitmap.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.bitmap import NAME_BYTES_MAX
from txsh.backends.sim.command.action import Immediate, find_bitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World

GRANULARITY_MIN = 512
DEFAULT_GRANULARITY = 65536
CLAMP_BYTES = (4096, 65536)


def add(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make a bitmap.

    Raises:
        CommandFailed: in QEMU's order of checks.
    """
    name: str = arguments["name"]
    if not name:
        raise CommandFailed("GenericError", "Bitmap name cannot be empty")
    node = world.node(arguments["node"])
    granularity: int | None = arguments.get("granularity")
    if granularity is None:
        granularity = default_granularity(node)
    elif granularity < GRANULARITY_MIN or granularity & (granularity - 1):
        raise CommandFailed("GenericError", "Granularity must be power of 2 and at least 512")
    persistent: bool = arguments.get("persistent", False)
    if persistent:
        _check_storable(node, name)
    bitmap = node.create_bitmap(granularity, name)
    bitmap.disabled = arguments.get("disabled", False)
    bitmap.persistent = persistent
    return {}


def default_granularity(node: Node) -> int:
    """The cluster size, clamped; 64 KiB where there is none. Source: bdrv_get_default_bitmap_granularity."""
    cluster = node.driver.cluster_bytes()
    if not cluster:
        return DEFAULT_GRANULARITY
    return min(max(cluster, CLAMP_BYTES[0]), CLAMP_BYTES[1])


def _check_storable(node: Node, name: str) -> None:
    if node.read_only and not node.world.profile.persistent_on_read_only:
        raise CommandFailed(
            "GenericError", f"Cannot add a persistent bitmap to read-only or inactive node '{node.name}'"
        )
    image = node.driver.image_format()
    if image is None:
        text = f"Can't store persistent bitmaps to {node.shown_name}: Operation not supported"
        raise CommandFailed("GenericError", text)
    if node.find_bitmap(name) is not None:
        raise CommandFailed("GenericError", f"Bitmap already exists: {name}")
    reason = None
    if image.compat == "v2":
        reason = "Cannot store dirty bitmaps in qcow2 v2 files"
    elif len(name.encode()) > NAME_BYTES_MAX:
        reason = f"Name length exceeds maximum ({NAME_BYTES_MAX} characters)"
    if reason:
        raise CommandFailed("GenericError", f"Can't make bitmap '{name}' persistent in '{node.shown_name}': {reason}")


class BitmapAdd(Immediate):
    """Adds in prepare, removes on abort: what has its name then, or the very one that it made (B9)."""

    kind = "block-dirty-bitmap-add"
    made: DirtyBitmap | None = None

    def prepare(self) -> None:
        """Make it."""
        self.context.refuse_grouped(self.kind)
        add(self.world, self.data)
        self.made = find_bitmap(self.world, self.data["node"], self.data["name"])

    def abort(self) -> None:
        """Remove it.

        Raises:
            BackendLost: it was freed meanwhile (B9).
        """
        if self.made is None:
            return
        if self.world.profile.add_keeps_pointer:
            self.made.touch()
            self.made.node.release_bitmap(self.made)
        else:
            from txsh.backends.sim.command.bitmap_remove import remove  # noqa: PLC0415  # only an abort needs it

            remove(self.world, self.data)


COMMANDS = {"block-dirty-bitmap-add": add}
ACTIONS = {"block-dirty-bitmap-add": BitmapAdd}
