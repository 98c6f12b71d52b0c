"""Iothreads, and which nodes run in one. Everything that hangs together moves together.

The model has one loop: what runs in an iothread is not faster or later here; what differs is what may be attached to
what, and where QEMU dies. Source: QEMU block.c (bdrv_try_change_aio_context, bdrv_attach_child_common,
bdrv_root_unref_child), iothread.c.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.sim.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World

POLL_MAX_NS = 32768
SETTINGS = ("poll-max-ns", "poll-grow", "poll-shrink", "aio-max-batch", "thread-pool-min", "thread-pool-max")


class IoThread:
    """One object of that type.

    Args:
        settings: of object-add.
    """

    kind = "iothread"
    __slots__ = ("id", "settings", "world")

    def __init__(self, world: World, object_id: str, settings: Mapping[str, Any]) -> None:
        for name in SETTINGS:
            if settings.get(name, 0) < 0:
                raise CommandFailed("GenericError", f"{name} value must be in range [0, {(1 << 63) - 1}]")
        self.world = world
        self.id = object_id
        self.settings = settings

    def delete(self) -> None:
        """Go away.

        Raises:
            BackendLost: nodes with timers run in it, and that QEMU does not stand it.
        """
        used = any(node.iothread == self.id and node.driver.keeps_timer for node in self.world.nodes)
        if used and self.world.profile.iothread_must_be_idle:
            raise BackendLost("QEMU crashes here: object-del of an iothread that a qcow2 node runs in (SIGABRT)")


def move(node: Node, iothread: str | None) -> None:
    """Let a node and all that hangs together with it run there; None is the main loop.

    Raises:
        CommandFailed: something is bound to where it is.
    """
    if node.iothread != iothread:
        _move(_together(node), iothread)


def is_bound(node: Node) -> bool:
    """Whether a node stays in the iothread where it is."""
    return any(getattr(child.parent, "is_bound", False) for each in _together(node) for child in each.parents)


def _move(nodes: list[Node], iothread: str | None) -> None:
    for each in nodes:
        for child in each.parents:
            if getattr(child.parent, "is_bound", False):
                raise CommandFailed("GenericError", "Cannot change iothread of active block backend")
    for each in nodes:
        each.iothread = iothread


def meet(parent: Node, node: Node) -> None:
    """A node gets a parent that runs elsewhere: it goes there if it may, or else the parent comes.

    Raises:
        BackendLost: QEMU 7.2 dies of it, unless whoever attaches holds the lock of the iothread.
    """
    try:
        _move(_together(node, without=parent), parent.iothread)
    except CommandFailed:
        _move(_together(parent, without=node), node.iothread)
        return
    if node.world.profile.iothread_needs_lock and not parent.driver.opened_by_job:
        raise BackendLost(
            f"QEMU crashes here: node '{node.name}', which runs in an iothread, is attached to another (SIGABRT)"
        )


def come_back(node: Node) -> None:
    """A user of a node has gone: it returns to the main loop if it may."""
    try:
        move(node, None)
    except CommandFailed:
        return


def _together(node: Node, without: Node | None = None) -> list[Node]:
    """A node and all that it is connected with, but for what only `without` connects it with."""
    found = [node]
    for each in found:
        near = [child.node for child in each.children]
        near += [child.parent for child in each.parents if isinstance(child.parent, Node)]
        found += [other for other in dict.fromkeys(near) if other not in found and other is not without]
    return found
