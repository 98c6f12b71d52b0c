"""blockdev-reopen. Source: QEMU blockdev.c, qmp_blockdev_reopen."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.sim.drain import drain_all_begin, drain_all_end
from txsh.backends.sim.open import refuse_unknown
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
    if not world.profile.writer_keeps_drained:
        _run(world, arguments)
        return {}
    drain_all_begin(world)
    try:
        _run(world, arguments)
    finally:
        drain_all_end(world)
    return {}


def _run(world: World, arguments: Mapping[str, Any]) -> None:
    nodes: list[tuple[Node, Mapping[str, Any]]] = []
    for options in arguments["options"]:
        refuse_unknown(options)
        if "node-name" not in options:
            raise CommandFailed("GenericError", "node-name not specified")
        node = world.find_node(options["node-name"])
        if node is None:
            raise CommandFailed("GenericError", f"Failed to find node with node-name='{options['node-name']}'")
        nodes.append((node, options))
    reopen(world, nodes)


COMMANDS = {"blockdev-reopen": run}
