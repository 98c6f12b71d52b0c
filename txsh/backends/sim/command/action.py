"""What immediate actions share: their context, and looking bitmaps up. Source: block/monitor/bitmap-qmp-cmds.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.transaction import Context
    from txsh.backends.sim.world import World


class Immediate:
    """An action without hooks; subclasses say what they do."""

    kind = "abort"

    def __init__(self, context: Context, data: Mapping[str, Any]) -> None:
        self.context = context
        self.world = context.world
        self.data = data

    def prepare(self) -> None:
        """Do it."""

    def commit(self) -> None:
        """Keep it."""

    def abort(self) -> None:
        """Undo it."""

    def clean(self) -> None:
        """Let go."""


def find_bitmap(world: World, node_name: str, name: str) -> DirtyBitmap:
    """The bitmap of a node.

    Raises:
        CommandFailed: no such node, or no such bitmap.
    """
    drive = world.find_drive(node_name)
    node = world.find_node(node_name) if drive is None or drive.root is None else drive.root.node
    if node is None:
        raise CommandFailed("GenericError", f"Node '{node_name}' not found")
    return bitmap_on(node, name)


def bitmap_on(node: Node, name: str) -> DirtyBitmap:
    """The bitmap of that name on a node.

    Raises:
        CommandFailed: there is none.
    """
    bitmap = node.find_bitmap(name)
    if bitmap is None:
        raise CommandFailed("GenericError", f"Dirty bitmap '{name}' not found")
    return bitmap
