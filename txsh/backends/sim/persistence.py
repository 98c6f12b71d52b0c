"""Persistent bitmaps: loading, storing, and what a kill leaves. Source: QEMU block/qcow2-bitmap.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.disk import StoredBitmap

ENTRY_BYTES = 24
"""What an entry of the list of bitmaps has before its name."""
TABLE_ENTRY_BYTES = 8
WORD_BITS = 64

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
    """Write the persistent bitmaps of a node that closes; known names keep their place in the list."""
    if node.read_only:
        return
    kept = {stored.name: stored for stored in image.bitmaps}
    written = {bitmap.name: bitmap for bitmap in node.bitmaps if bitmap.name is not None and _is_unstored(bitmap)}
    if not written:
        return
    given_up = [place for name in written if name in kept for place in kept[name].places]
    for name in (*(name for name in kept if name in written), *(name for name in written if name not in kept)):
        bitmap = written[name]
        bits = bitmap.bits.copy()
        places = tuple(image.write_for_bitmap(size_bytes) for size_bytes in _pieces(image, bitmap))
        kept[name] = StoredBitmap(name, bitmap.granularity, bits, auto=not bitmap.disabled, in_use=False, places=places)
    image.bitmaps = list(kept.values())
    _store_directory(node, image)
    image.allocation.give_back(given_up)


def _store_directory(node: Node, image: Format) -> None:
    """Write the list of the bitmaps into other room. Source: QEMU block/qcow2-bitmap.c, update_ext_header_and_dir."""
    old = image.bitmap_directory
    size_bytes = sum(_padded(ENTRY_BYTES + len(stored.name.encode()), 8) for stored in image.bitmaps)
    image.bitmap_directory = (image.write_for_bitmap(size_bytes),) if size_bytes else ()
    image.allocation.give_back(old)
    node.grow_below(image.end)


def _pieces(image: Format, bitmap: DirtyBitmap) -> list[int]:
    """What a bitmap is written as: clusters of bits, those without any left out, and their table; bytes of each.

    Source: QEMU block/qcow2-bitmap.c, store_bitmap_data, store_bitmap.
    """
    covered_bytes = image.cluster_bytes * 8 * bitmap.granularity
    data = bitmap.bits.aligned(covered_bytes).total // covered_bytes
    bits = -(-image.size_bytes // bitmap.granularity)
    return [image.cluster_bytes] * data + [-(-_padded(bits, WORD_BITS) // 8 // image.cluster_bytes) * TABLE_ENTRY_BYTES]


def _padded(size: int, unit: int) -> int:
    return size + -size % unit


def _is_unstored(bitmap: DirtyBitmap) -> bool:
    return bitmap.persistent and not (bitmap.inconsistent or bitmap.skip_store or bitmap.readonly)


def forget(node: Node, image: Format, name: str) -> None:
    """Drop a bitmap from the disk at once. Source: block/qcow2-bitmap.c, qcow2_co_remove_persistent_dirty_bitmap."""
    gone = [stored for stored in image.bitmaps if stored.name == name]
    if gone:
        image.bitmaps.remove(gone[0])
        _store_directory(node, image)
        image.allocation.give_back(gone[0].places)


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
