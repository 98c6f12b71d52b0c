"""Draining: holding requests back and waiting until none is under way, for one node or for all.

Source: QEMU block/io.c.
"""

from __future__ import annotations

from txsh.backends.sim.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.world import World


def drained_begin(node: Node) -> None:
    """Stop new requests from above and wait until none is under way. Source: bdrv_drained_begin."""
    node.quiesce()
    node.world.loop.wait_while(node.busy)


def drained_end(node: Node) -> None:
    """Take one `drained_begin` back."""
    node.unquiesce()


def drain_all(world: World) -> None:
    """Drain every node once and let go at once. Source: bdrv_drain_all."""
    drain_all_begin(world)
    drain_all_end(world)


def drain_all_begin(world: World) -> None:
    """Drain every node, and those that are made before the end of it."""
    quiesce_all(world)
    world.loop.wait_while(lambda: _is_busy(world))


def quiesce_all(world: World) -> None:
    """Ask everybody to start no new requests, and wait for nothing. Source: bdrv_drain_all_begin_nopoll."""
    world.drained_all += 1
    for node in list(world.nodes):
        if world.profile.quiesce_parents_once:
            node.quiesce()
        else:
            node.quiesce_count += 1
            node.driver.drain_begin()
            for child in list(node.parents):
                if not isinstance(child.parent, Node):
                    child.parent.drained_begin()


def drain_all_end(world: World) -> None:
    """Take one `drain_all_begin` or `quiesce_all` back."""
    for node in list(world.nodes):
        if world.profile.quiesce_parents_once:
            node.unquiesce()
        else:
            node.quiesce_count -= 1
            for child in list(node.parents):
                if not isinstance(child.parent, Node):
                    child.parent.drained_end()
    world.drained_all -= 1


def _is_busy(world: World) -> bool:
    """Whether requests are under way in any node or, apart from nodes, above it; asked often, so without generators."""
    for node in world.nodes:
        if node.in_flight:
            return True
        for child in node.parents:
            if not isinstance(child.parent, Node) and child.parent.drained_poll():
                return True
    return False
