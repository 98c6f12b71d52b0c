"""Block exports as state: what they hold and mark busy. Nobody connects; guest I/O goes by `host`.

Source: QEMU block/export/export.c, nbd/server.c, blockdev-nbd.c.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.bitmap import ALLOW_READONLY
from txsh.backends.sim.drain import drained_begin, drained_end
from txsh.backends.sim.graph import attach, detach
from txsh.backends.sim.node import ALL, READ, RESIZE, WRITE
from txsh.backends.sim.permission import refresh

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World


class Export:
    """One NBD export.

    Attributes:
        name: how NBD clients ask for it.
        root: its edge to the node; moves with filters as that of a device does.
        shutting_down: deleted, but its end has not come yet.
        is_bound: it keeps its node in the iothread where it was exported.
    """

    stays_at_node = False
    __slots__ = ("bitmaps", "id", "is_bound", "name", "root", "shutting_down", "world")

    def __init__(self, world: World, export_id: str, node: Node, *, writable: bool) -> None:
        self.world = world
        self.id = export_id
        self.name = ""
        self.is_bound = False
        self.bitmaps: list[DirtyBitmap] = []
        self.shutting_down = False
        self.root = attach(self, "root", node, READ | WRITE if writable else READ)

    # An edge's parent

    def description(self) -> str:
        """How QEMU calls it in a refusal."""
        return "an unnamed block device"

    def drained_begin(self) -> None:
        """Nobody is connected, so no request can come."""

    def drained_poll(self) -> bool:
        """No request is under way."""
        return False

    def drained_end(self) -> None:
        """Nothing was held back."""

    # Its life

    def keep_size(self) -> None:
        """Let nobody resize the node.

        Raises:
            CommandFailed: somebody already may.
        """
        self.root.shared = ALL & ~RESIZE
        refresh([self.root.node])

    def cancel(self) -> None:
        """Let go of the node, which is drained twice. Source: block/block-backend.c, blk_unref and blk_remove_bs."""
        for _ in range(2):
            drained_begin(self.root.node)
            drained_end(self.root.node)
        detach(self.root)

    def vanish(self) -> None:
        """As if it had never been there; for a guest that QEMU knows by another way."""
        detach(self.root)

    def hold_bitmaps(self, bitmaps: list[DirtyBitmap]) -> None:
        """Mark the exported bitmaps busy."""
        self.bitmaps = bitmaps
        for bitmap in bitmaps:
            bitmap.busy = True

    def shut_down(self) -> None:
        """Begin to end it; the end itself comes with the next turn of the main loop."""
        if not self.shutting_down:
            self.shutting_down = True
            self.world.loop.schedule(self._delete)

    def _delete(self) -> None:
        self.world.exports.remove(self)
        for bitmap in self.bitmaps:
            bitmap.busy = False
        self.cancel()
        self.world.emit("BLOCK_EXPORT_DELETED", {"id": self.id})


def exported_bitmap(node: Node, name: str, *, writable: bool) -> DirtyBitmap:
    """The bitmap of that name on the node or below it, if it may be exported.

    Raises:
        CommandFailed: there is none, or an enabled one would change under a read-only export.
    """
    at: Node | None = node
    bitmap = None
    while at is not None:
        bitmap = at.find_bitmap(name)
        if bitmap is not None:
            break
        at = at.file if at.driver.is_filter else at.backing
    if bitmap is None:
        raise CommandFailed("GenericError", f"Bitmap '{name}' is not found")
    if not writable and not node.read_only and not bitmap.disabled:
        raise CommandFailed("GenericError", f"Enabled bitmap '{name}' incompatible with readonly export")
    bitmap.check(ALLOW_READONLY)
    return bitmap
