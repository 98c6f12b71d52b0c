"""blockdev-add and blockdev-del. Source: QEMU blockdev.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.graph import release
from txsh.backends.sim.open import open_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def add(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make a node.

    Raises:
        CommandFailed: no name, or the node cannot be opened.
        NotSimulated: a driver or option without a model.
    """
    if "node-name" not in arguments:
        raise CommandFailed("GenericError", "'node-name' must be specified for the root node")
    open_node(world, arguments).monitor_owned = True
    return {}


def delete(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Close a node.

    Raises:
        CommandFailed: unknown, or somebody uses it.
    """
    name: str = arguments["node-name"]
    node = world.find_node(name)
    if node is None:
        raise CommandFailed("GenericError", f"Failed to find node with node-name='{name}'")
    if any(child.name == "root" for child in node.parents):
        raise CommandFailed("GenericError", f"Node {name} is in use")
    node.check_operation("drive-del")
    if not node.monitor_owned:
        raise CommandFailed("GenericError", f"Node {name} is not owned by the monitor")
    if node.parents or node.references:
        raise CommandFailed("GenericError", f"Block device {name} is in use")
    node.monitor_owned = False
    release(node)
    return {}


COMMANDS = {"blockdev-add": add, "blockdev-del": delete}
