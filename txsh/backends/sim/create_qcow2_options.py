"""The options of a new qcow2 image: what QEMU refuses of them, and what of them has no model.

Source: QEMU block/qcow2.c, qcow2_co_create.
"""

from __future__ import annotations

from txsh.backends.base import NotSimulated
from txsh.backends.sim.create import CreationFailed
from txsh.backends.sim.node import RESIZE, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World

CLUSTER_BYTES = 65536
REFCOUNT_BITS = 16
"""Both where the options say nothing."""

_SECTOR_BYTES = 512
_CLUSTER_BYTES_MIN = 512
_CLUSTER_BYTES_MAX = 2 << 20
_EXTENDED_CLUSTER_BYTES_MIN = 16384
_REFCOUNT_BITS_MAX = 64
_LEVEL = "1.1 and above (use version=v3 or greater)"


def refuse_unmodelled(world: World, options: Mapping[str, Any]) -> None:
    """Refuse what has no model, if QEMU itself would not refuse the options.

    Raises:
        NotSimulated: an option without one, or an image inside another.
    """
    try:
        check(options)
    except CreationFailed:
        return
    if _is_inside(world, options["file"]) and not _is_taken(world, options["file"]):
        raise NotSimulated("blockdev-create of qcow2 on a node of qcow2")
    for option in ("extended-l2", "data-file", "encrypt"):
        if options.get(option):
            raise NotSimulated(f"option '{option}' of blockdev-create")


def _is_inside(world: World, reference: str | Mapping[str, Any]) -> bool:
    """Whether what lies there would lie in another qcow2 image."""
    if isinstance(reference, str):
        node = world.find_node(reference)
        while node is not None and node.driver.image_format() is None and node.children:
            node = node.file
        return node is not None and node.driver.image_format() is not None
    below = reference.get("file", reference.get("image"))
    return reference["driver"] == "qcow2" or (below is not None and _is_inside(world, below))


def _is_taken(world: World, reference: str | Mapping[str, Any]) -> bool:
    """Whether a node has users that let nobody make a format on it, so that nothing comes of it."""
    node = world.find_node(reference) if isinstance(reference, str) else None
    wanted = WRITE | RESIZE
    return node is not None and (node.read_only or any(wanted & ~child.shared for child in node.parents))


def check(options: Mapping[str, Any]) -> None:
    """Check the options against each other.

    Raises:
        CreationFailed: in QEMU's order.
    """
    is_old = options.get("version") == "v2"
    if options["size"] % _SECTOR_BYTES:
        raise CreationFailed(f"Image size must be a multiple of {_SECTOR_BYTES} bytes")
    _check_clusters(options, is_old=is_old)
    preallocation = options.get("preallocation", "off")
    if "backing-file" in options and preallocation != "off" and not options.get("extended-l2"):
        raise CreationFailed("Backing file and preallocation can only be used at the same time if extended_l2 is on")
    if "backing-fmt" in options and "backing-file" not in options:
        raise CreationFailed("Backing format cannot be used without backing file")
    _check_refcounts(options, is_old=is_old)
    _check_data_file(options, is_old=is_old)
    if options.get("compression-type", "zlib") != "zlib" and is_old:
        raise CreationFailed(f"Non-zlib compression type is only supported with compatibility level {_LEVEL}")


def _check_clusters(options: Mapping[str, Any], *, is_old: bool) -> None:
    is_extended: bool = options.get("extended-l2", False)
    if is_extended and is_old:
        raise CreationFailed(f"Extended L2 entries are only supported with compatibility level {_LEVEL}")
    cluster: int = options.get("cluster-size", CLUSTER_BYTES)
    if not _CLUSTER_BYTES_MIN <= cluster <= _CLUSTER_BYTES_MAX or cluster & (cluster - 1):
        raise CreationFailed(
            f"Cluster size must be a power of two between {_CLUSTER_BYTES_MIN} and {_CLUSTER_BYTES_MAX // 1024}k"
        )
    if is_extended and cluster < _EXTENDED_CLUSTER_BYTES_MIN:
        raise CreationFailed(
            f"Extended L2 entries are only supported with cluster sizes of at least {_EXTENDED_CLUSTER_BYTES_MIN} bytes"
        )


def _check_refcounts(options: Mapping[str, Any], *, is_old: bool) -> None:
    if is_old and options.get("lazy-refcounts"):
        raise CreationFailed(f"Lazy refcounts only supported with compatibility level {_LEVEL}")
    bits: int = options.get("refcount-bits", REFCOUNT_BITS)
    if not 0 < bits <= _REFCOUNT_BITS_MAX or bits & (bits - 1):
        raise CreationFailed("Refcount width must be a power of two and may not exceed 64 bits")
    if is_old and bits != REFCOUNT_BITS:
        raise CreationFailed(
            "Different refcount widths than 16 bits require compatibility level 1.1 or above "
            "(use version=v3 or greater)"
        )


def _check_data_file(options: Mapping[str, Any], *, is_old: bool) -> None:
    if options.get("data-file-raw"):
        if "data-file" not in options:
            raise CreationFailed("data-file-raw requires data-file")
        if "backing-file" in options:
            raise CreationFailed("Backing file and data-file-raw cannot be used at the same time")
    if "data-file" in options and is_old:
        raise CreationFailed(f"External data files are only supported with compatibility level {_LEVEL}")
