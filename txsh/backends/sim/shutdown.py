"""The end of a process that quits, and what `stop` shares with it: everything is flushed.

Source: QEMU system/runstate.c (qemu_cleanup), storage-daemon/qemu-storage-daemon.c, system/cpus.c (do_vm_stop),
block/io.c (bdrv_flush_all).
"""

from __future__ import annotations

from txsh.backends.sim.drain import drain_all, drain_all_begin
from txsh.backends.sim.graph import release
from txsh.backends.sim.loop import Coroutine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World


def shut_down(world: World) -> None:
    """Close the exports, cancel the jobs while everything is drained, close the nodes."""
    for export in list(world.exports):
        export.shut_down()
    world.loop.wait_while(lambda: bool(world.exports))
    is_system = world.program == "qemu-system"
    if is_system and not world.profile.drained_to_stop:
        stop_all(world)
    drain_all_begin(world)
    if is_system and world.profile.drained_to_stop:
        stop_all(world)
    while world.jobs:
        world.jobs[0].cancel_sync()
    for drive in world.drives:
        drive.close()
    for node in list(world.nodes):
        if node.monitor_owned:
            node.monitor_owned = False
            release(node)


def stop_all(world: World) -> None:
    """Drain everything and flush everything; that a flush fails is nobody's business."""
    drain_all(world)
    for node in _tops(world):
        request = Coroutine(world.graph_lock.reading(node.flush()))
        world.loop.enter(request)
        world.loop.wait_while(lambda request=request: not request.finished)  # type: ignore[misc]  # bound at once


def _tops(world: World) -> list[Node]:
    """The nodes that drives and exports hold, then the others that blockdev-add made. Source: bdrv_next."""
    held = [drive.root.node for drive in world.drives if drive.root is not None]
    held += [export.root.node for export in reversed(world.exports)]
    return list(dict.fromkeys(held + [node for node in world.nodes if node.monitor_owned]))
