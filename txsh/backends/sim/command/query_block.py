"""query-named-block-nodes and query-block. Source: QEMU block/qapi.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World


def query_named_block_nodes(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All nodes with a name, in QEMU's order, newest first."""
    del arguments
    return [describe(node) for node in reversed(world.nodes)]


def query_block(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The guest's devices: the model has none."""
    del world, arguments
    return []


def describe(node: Node) -> dict[str, Any]:
    """The members of BlockDeviceInfo."""
    info: dict[str, Any] = {
        "iops_rd": 0,
        "detect_zeroes": "off",
        "image": _image(node),
        "iops_wr": 0,
        "ro": node.read_only,
        "node-name": node.name,
        "backing_file_depth": _depth(node),
        "drv": node.driver.name,
        "iops": 0,
        "bps_wr": 0,
        "write_threshold": 0,
        "encrypted": False,
        "bps": 0,
        "bps_rd": 0,
        "cache": {"no-flush": False, "direct": False, "writeback": True},
        "file": filename(node),
    }
    bitmaps = [bitmap.describe() for bitmap in node.bitmaps]
    if bitmaps:
        info["dirty-bitmaps"] = bitmaps
    return info


def filename(node: Node) -> str:
    """The name of the file at the bottom, which is QEMU's name for the whole where nothing else must be said."""
    while node.children:
        node = node.file
    options = node.options
    return str(options.get("filename", f"{node.driver.name}://"))


def _image(node: Node) -> dict[str, Any]:
    info: dict[str, Any] = {
        "virtual-size": node.size_bytes,
        "filename": filename(node),
        "format": node.driver.name,
    }
    cluster = node.driver.cluster_bytes()
    if cluster and node.driver.name == "qcow2":
        info["cluster-size"] = cluster
    return info


def _depth(node: Node) -> int:
    depth = 0
    below = node.backing
    while below is not None:
        depth += 1
        below = below.backing
    return depth


COMMANDS = {"query-named-block-nodes": query_named_block_nodes, "query-block": query_block}
