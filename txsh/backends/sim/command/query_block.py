"""query-named-block-nodes and query-block. Source: QEMU block/qapi.c."""

from __future__ import annotations

from txsh.backends.sim.filename import beside, filename

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.disk import Format
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World


def query_named_block_nodes(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All nodes, newest first."""
    flat: bool = arguments.get("flat", False)
    return [describe(node, flat=flat) for node in reversed(world.nodes)]


def query_block(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The drives of the command line; the machine has no devices."""
    del arguments
    found: list[dict[str, Any]] = []
    for drive in world.drives:
        info: dict[str, Any] = {"device": drive.name, "locked": False, "removable": True}
        if drive.root is not None:
            info["inserted"] = describe(drive.root.node, flat=False)
        found.append(info | {"type": "unknown"})
    return found


def describe(node: Node, *, flat: bool) -> dict[str, Any]:
    """The members of BlockDeviceInfo; `flat` leaves out what is below."""
    profile = node.world.profile
    info: dict[str, Any] = {
        "iops_rd": 0,
        "detect_zeroes": node.detect_zeroes,
        "image": describe_image(node),
        "iops_wr": 0,
        "ro": node.read_only,
        "node-name": node.name,
        "backing_file_depth": 0,
        "drv": node.driver.name,
        "iops": 0,
        "bps_wr": 0,
        "write_threshold": 0,
        "encrypted": False,
        "bps": 0,
        "bps_rd": 0,
        "cache": {"no-flush": node.no_flush, "direct": node.direct, "writeback": True},
        "file": filename(node),
    }
    if profile.activity_shown:
        info["active"] = True
    if profile.limits_shown:
        info["children"] = [{"node-name": each.node.name, "child": each.name} for each in node.newest_children()]
    if node.backing is not None:
        info["backing_file"] = filename(node.backing)
    if node.bitmaps:
        info["dirty-bitmaps"] = [bitmap.describe() for bitmap in node.bitmaps]
    if not flat:
        image = info["image"]
        below = _below(node)
        while below is not None:
            info["backing_file_depth"] += 1
            image["backing-image"] = image = describe_image(below)
            below = _below(below)
    return info


def describe_image(node: Node) -> dict[str, Any]:
    """The members of ImageInfo."""
    driver = node.driver
    info: dict[str, Any] = {
        "virtual-size": node.size_bytes,
        "filename": filename(node),
        "format": driver.name,
    }
    if node.world.profile.limits_shown:
        info["limits"] = node.limits
    actual_bytes = driver.actual_bytes()
    if actual_bytes is not None:
        info["actual-size"] = actual_bytes
    if driver.has_info():
        info["dirty-flag"] = False
        cluster_bytes = driver.cluster_bytes()
        if cluster_bytes:
            info["cluster-size"] = cluster_bytes
    if driver.name == "file" and node.world.profile.activity_shown:
        info["format-specific"] = {"type": "file", "data": {}}
    image = driver.image_format()
    if image is not None:
        info["format-specific"] = {"type": "qcow2", "data": _qcow2(image)}
        if image.backing is not None:
            name, image_format = image.backing
            info["backing-filename"] = name
            info["full-backing-filename"] = beside(node, name)
            if image_format is not None:
                info["backing-filename-format"] = image_format
    return info


def _qcow2(image: Format) -> dict[str, Any]:
    data: dict[str, Any] = {
        "compat": "0.10" if image.compat == "v2" else "1.1",
        "compression-type": image.compression_type,
        "refcount-bits": image.refcount_bits,
    }
    if image.compat != "v2":
        data |= {"lazy-refcounts": image.lazy_refcounts, "corrupt": False, "extended-l2": False}
    if image.bitmaps:
        data["bitmaps"] = [stored.describe() for stored in image.bitmaps]
    return data


def _below(node: Node) -> Node | None:
    return node.file if node.driver.is_filter else node.backing


COMMANDS = {"query-named-block-nodes": query_named_block_nodes, "query-block": query_block}
