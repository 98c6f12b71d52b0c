"""blockdev-reopen. Source: QEMU blockdev.c, qmp_blockdev_reopen."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.sim.drain import drain_all_begin, drain_all_end
from txsh.backends.sim.driver.registry import refuse_unknown
from txsh.backends.sim.reopen import reopen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World


def run(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Reopen the nodes.

    Raises:
        CommandFailed: one of them is unknown or cannot be as it should be; all are as before.
        NotSimulated: an option without a model.
        BackendLost: the list is empty, which QEMU does not expect.
    """
    if not arguments["options"]:
        raise BackendLost("QEMU crashes here: blockdev-reopen with an empty list (SIGABRT)")
    queue: list[tuple[Node, Mapping[str, Any]]] = []
    try:
        for options in arguments["options"]:
            queue.append((_find(world, options), options))
            if len(queue) == 1 and world.profile.writer_keeps_drained:
                drain_all_begin(world)
        reopen(world, queue)
    finally:
        if queue and world.profile.writer_keeps_drained:
            drain_all_end(world)
    return {}


def _find(world: World, options: Mapping[str, Any]) -> Node:
    refuse_unknown(options)
    if "node-name" not in options:
        raise CommandFailed("GenericError", "node-name not specified")
    node = world.find_node(options["node-name"])
    if node is None:
        raise CommandFailed("GenericError", f"Failed to find node with node-name='{options['node-name']}'")
    return node


COMMANDS = {"blockdev-reopen": run}
