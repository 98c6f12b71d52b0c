"""Persistent bitmaps: loading, storing, and what a kill leaves. Source: QEMU block/qcow2-bitmap.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.disk import StoredBitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.disk import Format
    from txsh.backends.sim.node import Node


def load(node: Node, image: Format) -> None:
    """Make the stored bitmaps those of the node; on a writable one they are in use on the disk from now on."""
    for stored in image.bitmaps:
        bitmap = node.create_bitmap(stored.granularity, stored.name)
        bitmap.persistent = True
        if stored.in_use:
            bitmap.inconsistent = True
            bitmap.disabled = True
            continue
        bitmap.bits = stored.bits.copy()
        bitmap.disabled = not stored.auto
        bitmap.readonly = node.read_only
    if not node.read_only:
        image.bitmaps = [stored._replace(in_use=True) for stored in image.bitmaps]


def store(node: Node, image: Format) -> None:
    """Write the persistent bitmaps of a node that closes; known names keep their place in the file."""
    if node.read_only:
        return
    kept = {stored.name: stored for stored in image.bitmaps}
    for bitmap in node.bitmaps:
        if not bitmap.persistent or bitmap.inconsistent or bitmap.skip_store or bitmap.name is None:
            continue
        kept[bitmap.name] = StoredBitmap(
            bitmap.name, bitmap.granularity, bitmap.bits.copy(), auto=not bitmap.disabled, in_use=False
        )
    image.bitmaps = list(kept.values())


def _is_unstored(bitmap: DirtyBitmap) -> bool:
    return bitmap.persistent and not (bitmap.inconsistent or bitmap.skip_store or bitmap.readonly)


def forget(image: Format, name: str) -> None:
    """Drop a bitmap from the disk at once."""
    image.bitmaps = [stored for stored in image.bitmaps if stored.name != name]


def freeze(node: Node) -> None:
    """Store the persistent bitmaps of a node that turns read-only and let them not change any more.

    Source: QEMU block/qcow2-bitmap.c, qcow2_reopen_bitmaps_ro, qcow2_store_persistent_dirty_bitmaps.

    Raises:
        CommandFailed: it was read-only already and has one that was never stored (V4).
    """
    image = node.driver.image_format()
    if image is None:
        return
    if node.read_only and any(_is_unstored(bitmap) for bitmap in node.bitmaps):
        raise CommandFailed("GenericError", "No write access")
    store(node, image)
    for bitmap in node.bitmaps:
        if bitmap.persistent and not bitmap.inconsistent:
            bitmap.readonly = True


def thaw(node: Node) -> None:
    """Let the bitmaps of a node that turned writable change again; on the disk they are in use.

    Source: QEMU block/qcow2-bitmap.c, qcow2_reopen_bitmaps_rw.
    """
    image = node.driver.image_format()
    if image is None:
        return
    for bitmap in node.bitmaps:
        bitmap.readonly = False
    image.bitmaps = [stored._replace(in_use=True) for stored in image.bitmaps]
