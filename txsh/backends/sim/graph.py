"""Edges of the graph: attaching, replacing and dropping nodes. Source: QEMU block.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed, NotSimulated
from txsh.backends.sim.drain import drained_begin
from txsh.backends.sim.limits import refresh_limits
from txsh.backends.sim.node import Child, Node
from txsh.backends.sim.permission import cumulative, refresh, relax, set_permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.node import Parent

_BACKING_ALLOWED = frozenset({"commit-target", "stream", "backup-source", "backup-target"})
"""What may still be done to a node that is somebody's backing file."""


def attach(parent: Parent, name: str, node: Node, permissions: int = 0) -> Child:
    """Give a parent an edge to a node; a quiesced node quiesces its new parent.

    Args:
        permissions: what the parent needs; of a node this follows from its driver.

    Raises:
        CommandFailed: the node's users do not get on with the new one, which is not attached then.
        NotSimulated: it was the filter of a job that ended while the lock was waited for.
    """
    # Whoever has found a node holds it until it is attached. Source: bdrv_open_inherit.
    node.references += 1
    with node.world.graph_lock.write():
        node.references -= 1
        _refuse_dropped(node)
        child = Child(name, node, parent, permissions)
        if isinstance(parent, Node):
            set_permissions(parent, child, *cumulative(parent))
            parent.children.append(child)
            child.raise_rank()
        _join(child, node)
        try:
            refresh([node])
        except CommandFailed:
            if isinstance(parent, Node):
                parent.children.remove(child)
            _leave(child)
            raise
    if node.iothread is not None and isinstance(parent, Node) and parent.iothread != node.iothread:
        from txsh.backends.sim.iothread import meet  # noqa: PLC0415  # few nodes run in one

        meet(parent, node)
    return child


def detach(child: Child) -> None:
    """Take an edge away, and the node with it if nobody else holds it."""
    node = child.node
    world = node.world
    with world.graph_lock.write():
        if isinstance(child.parent, Node):
            child.parent.children.remove(child)
            if child.name == "backing":
                reason = _backing_reason(child.parent)
                node.blockers = [each for each in node.blockers if each[0] != reason]
        _leave(child)
        if node.iothread is not None and not isinstance(child.parent, Node):
            from txsh.backends.sim.iothread import come_back  # noqa: PLC0415  # few nodes run in one

            come_back(node)
        relax(node)
        if world.profile.graph_is_locked:
            # It cannot be closed while the graph is locked. Source: bdrv_schedule_unref.
            world.loop.schedule(lambda: release(node))
        else:
            release(node)


def _refuse_dropped(node: Node) -> None:
    """Refuse what a job's filter became that was dropped when somebody had found it: a filter of nothing."""
    if node.driver.name == "copy-before-write" and node.child("file") is None:
        release(node)
        raise NotSimulated("a node above the filter of a job that ends while it is put there")


def reaches(above: Node, below: Node) -> bool:
    """Whether one node is somewhere below another."""
    return any(child.node is below or reaches(child.node, below) for child in above.children)


def _backing_reason(overlay: Node) -> str:
    """Why little may be done with the backing file of a node. Source: QEMU block.c, bdrv_backing_attach."""
    return f"node is used as backing hd of '{overlay.shown_name}'"


def refuse_cycle(node: Node, name: str, child: Node) -> None:
    """Refuse to let a node be below itself.

    Raises:
        CommandFailed: it would be.
    """
    if child is node or reaches(child, node):
        raise CommandFailed(
            "GenericError", f"Making '{child.name}' a {name} child of '{node.name}' would create a cycle"
        )


def drop_backing(node: Node) -> None:
    """Take a node's backing file away."""
    child = node.child("backing")
    if child is not None:
        detach(child)


def set_backing(node: Node, backing: Node) -> None:
    """Give a node its backing file, on which little may be done from then on. Source: bdrv_backing_attach.

    Raises:
        CommandFailed: the backing file's users do not get on with it, or it would be below itself.
    """
    refuse_cycle(node, "backing", backing)
    attach(node, "backing", backing)
    refresh_limits(node)
    backing.blockers.insert(0, (_backing_reason(node), _BACKING_ALLOWED))


def replace_node(old: Node, new: Node) -> None:
    """Move the edges to a node over to another node.

    Jobs stay, and so do edges from what is below the new node, which would make a cycle.

    Raises:
        CommandFailed: the new node's users would not get on; nothing has moved.

    Source: QEMU block.c, should_update_child.
    """
    moving = [child for child in old.parents if _follows(child.parent, new)]
    move(moving, new)
    try:
        refresh([new, old])
    except CommandFailed:
        move(moving, old)
        refresh([old, new])
        raise


def _follows(parent: Parent, new: Node) -> bool:
    if isinstance(parent, Node):
        return parent is not new and not reaches(new, parent)
    return not parent.stays_at_node


def move(children: list[Child], node: Node) -> None:
    """Let edges point to another node; the caller checks permissions, and releases what nobody holds any more.

    A parent is never let go of on the way from one drained node to another. Source: bdrv_replace_child_noperm.
    """
    for child in children:
        more = _weight(node) - _weight(child.node)
        for _ in range(more):
            child.parent.drained_begin()
        child.node.parents.remove(child)
        child.node = node
        node.parents.insert(0, child)
        child.raise_rank()
        for _ in range(-more):
            child.parent.drained_end()


def release(node: Node) -> None:
    """Close a node that nobody holds any more, and what only it held. Source: bdrv_delete, bdrv_close."""
    if node.parents or node.monitor_owned or node.references or node not in node.world.nodes:
        return
    node.world.nodes.remove(node)
    drained_begin(node)
    node.driver.close()
    node.bitmaps.clear()
    with node.world.graph_lock.write():
        for child in list(node.children):
            detach(child)


def _join(child: Child, node: Node) -> None:
    weight = _weight(node)
    if node.world.profile.graph_is_locked:
        # Every new edge starts with a quiesced parent. Source: bdrv_attach_child_common.
        child.parent.drained_begin()
        node.parents.insert(0, child)
        if not weight:
            child.parent.drained_end()
        return
    node.parents.insert(0, child)
    for _ in range(weight):
        child.parent.drained_begin()


def _leave(child: Child) -> None:
    child.node.parents.remove(child)
    for _ in range(_weight(child.node)):
        child.parent.drained_end()


def _weight(node: Node) -> int:
    """How many times a parent is quiesced by the drains in force on a node."""
    return min(node.quiesce_count, 1) if node.world.profile.quiesce_parents_once else node.quiesce_count
