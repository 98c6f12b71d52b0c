"""Who may do what with a node: permissions that parents need and share, and the locks they become on a file.

A change of the graph is made first and then checked from the top down; a conflict takes it back.
Source: QEMU block.c (bdrv_list_refresh_perms, bdrv_a_allow_b, bdrv_default_perms), block/file-posix.c
(raw_handle_perm_lock).
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.node import ALL, READ, RESIZE, WRITE, WRITE_UNCHANGED, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from txsh.backends.sim.disk import File
    from txsh.backends.sim.driver.base import Driver
    from txsh.backends.sim.node import Child
    from txsh.backends.sim.world import World

NAMES = ((READ, "consistent read"), (WRITE, "write"), (WRITE_UNCHANGED, "write unchanged"), (RESIZE, "resize"))


BITS = {name.replace(" ", "-"): bit for bit, name in NAMES}


def bits(names: Iterable[str]) -> int:
    """Permissions by the names that they have in QMP."""
    found = 0
    for name in names:
        found |= BITS[name]
    return found


def refresh(nodes: Iterable[Node], *, writable: Collection[Node] = ()) -> None:
    """Reckon the permissions of nodes and of all below them anew.

    Args:
        writable: nodes being reopened that were writable before.

    Raises:
        CommandFailed: two users do not get on; all permissions are as before.
    """
    before: list[tuple[Child, int, int]] = []
    locks: dict[Driver, tuple[int, int]] = {}
    try:
        for node in _downwards(nodes):
            if len(node.parents) > 1:
                _refuse_conflict(node)
            needed, shared = cumulative(node)
            if needed & (WRITE | WRITE_UNCHANGED) and node.read_only:
                _refuse_writing(node, reopened=node in writable)
            if node.driver.name == "file":
                _lock(node, needed, shared, locks)
            for child in node.children:
                before.append((child, child.permissions, child.shared))
                set_permissions(node, child, needed, shared)
    except CommandFailed:
        for child, permissions, shared in reversed(before):
            child.permissions, child.shared = permissions, shared
        raise
    for driver, lock in locks.items():
        driver.lock = lock


def set_permissions(node: Node, child: Child, needed: int, shared: int) -> None:
    """Let a node have of a child what its own parents need and share of it. Source: QEMU block.c, bdrv_child_perm."""
    child.permissions, child.shared = node.driver.child_permissions(child, needed, shared)
    if child.node.force_share:
        child.shared = ALL


def relax(node: Node) -> None:
    """Reckon anew after a user has gone, which cannot be refused."""
    try:
        refresh([node])
    except CommandFailed:
        return


def _refuse_writing(node: Node, *, reopened: bool) -> None:
    if reopened:
        raise CommandFailed("GenericError", f"Read-only block node '{node.name}' cannot support read-write users")
    raise CommandFailed("GenericError", "Block node is read-only")


def cumulative(node: Node) -> tuple[int, int]:
    """What all parents of a node together need, and what all of them share."""
    needed, shared = 0, ALL
    for child in node.parents:
        needed |= child.permissions
        shared &= child.shared
    return needed, shared


def for_storage(node: Node, needed: int, shared: int, *, metadata: bool) -> tuple[int, int]:
    """What a format needs of the child that holds its data, with `metadata` its tables too."""
    if metadata:
        if not node.read_only:
            needed |= WRITE | RESIZE
        needed |= READ
        shared &= ~(WRITE | RESIZE)
    shared &= ~RESIZE
    if needed & WRITE_UNCHANGED:
        needed |= WRITE
    if needed & WRITE:
        needed |= RESIZE
    return needed, shared


def for_backing(needed: int, shared: int) -> tuple[int, int]:
    """What an overlay needs of its backing file."""
    below = WRITE | RESIZE if shared & WRITE else 0
    return needed & READ, below | READ | WRITE_UNCHANGED


def _downwards(nodes: Iterable[Node]) -> list[Node]:
    """The nodes and all below them, each after all those of them that are above it."""
    found: list[Node] = []
    seen: set[Node] = set()
    for node in nodes:
        if node not in seen:
            _visit(node, found, seen)
    found.reverse()
    return found


def _visit(node: Node, found: list[Node], seen: set[Node]) -> None:
    """Those below a node, then itself; no function in a function, which would be garbage that only `gc` collects."""
    seen.add(node)
    for child in node.children:
        if child.node not in seen:
            _visit(child.node, found, seen)
    found.append(node)


def _refuse_conflict(node: Node) -> None:
    for sharing in node.parents:
        for needing in node.parents:
            refused = needing.permissions & ~sharing.shared
            if sharing is not needing and refused:
                raise CommandFailed(
                    "GenericError",
                    f"Permission conflict on node '{node.name}': permissions '{_words(refused)}' are both required by "
                    f"{needing.parent.description()} (uses node '{node.name}' as '{needing.name}' child) and unshared "
                    f"by {sharing.parent.description()} (uses node '{node.name}' as '{sharing.name}' child).",
                )


def _lock(node: Node, needed: int, shared: int, locks: dict[Driver, tuple[int, int]]) -> None:
    """Refuse what another node on the same file holds or does not share; letting go is never refused."""
    if node.options.get("locking", "auto") == "off":
        return
    driver = node.driver
    held, left = driver.lock
    locks[driver] = needed, shared
    if needed | held == held and shared & left == left:
        return
    others = [
        locks.get(other.driver, other.driver.lock)
        for other in node.world.nodes
        if other is not node and other.driver.shares_file(driver)
    ]
    _refuse_locks(others, needed, shared)


def refuse_locks(world: World, file: File, needed: int, shared: int) -> None:
    """Refuse to use a file so while nodes on it hold or do not share what they would have to.

    Raises:
        CommandFailed: one of them does.
    """
    users = [node.driver for node in world.nodes if node.driver.is_protocol]
    _refuse_locks([user.lock for user in users if user.has_open(file)], needed, shared)


def _refuse_locks(others: list[tuple[int, int]], needed: int, shared: int) -> None:
    for bit, name in NAMES:
        if needed & bit and any(not other_shared & bit for _, other_shared in others):
            raise CommandFailed("GenericError", f'Failed to get "{name}" lock')
    for bit, name in NAMES:
        if not shared & bit and any(other_needed & bit for other_needed, _ in others):
            raise CommandFailed("GenericError", f'Failed to get shared "{name}" lock')


def _words(permissions: int) -> str:
    return ", ".join(name for bit, name in NAMES if permissions & bit)
