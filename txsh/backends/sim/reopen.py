"""Reopening nodes: other children, read-only or not; all nodes of a list or none. Source: QEMU block.c, bdrv_reopen_*.

Every option of a node must be given again; most must be the same.
"""

from __future__ import annotations

from os import strerror

from txsh.backends.base import CommandFailed, NotSimulated
from txsh.backends.sim.drain import drained_begin, drained_end
from txsh.backends.sim.filename import flatten
from txsh.backends.sim.graph import drop_backing, move, reaches, release, set_backing
from txsh.backends.sim.limits import refresh_limits
from txsh.backends.sim.loop import Coroutine
from txsh.backends.sim.open import place_below
from txsh.backends.sim.permission import refresh
from txsh.backends.sim.persistence import freeze, thaw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.node import Child, Node
    from txsh.backends.sim.world import World

RESETTABLE = frozenset(
    {"node-name", "discard", "cache.direct", "cache.no-flush", "read-only", "auto-read-only", "detect-zeroes"}
)
"""Options that may be left out, which resets them."""
CHANGEABLE = frozenset({"read-only", "discard", "detect-zeroes", "auto-read-only", "cache.direct", "cache.no-flush"})
CHILDREN = ("file", "image", "backing")


class Reopened:
    """One node of the list, with what is needed to undo it."""

    def __init__(
        self, node: Node, options: Mapping[str, Any], *, read_only: bool, no_flush: bool, discard: str
    ) -> None:
        self.node = node
        self.options = dict(options)
        self.read_only = options.get("read-only", read_only)
        self.was_read_only = node.read_only
        self.limits = node.limits
        self.no_flush = no_flush
        self.discard = options.get("discard", discard)
        self.moved: Child | None = None
        self.old_file: Node | None = None
        self.old_backing: Node | None = None
        self.backing_changed = False

    def prepare(self, world: World) -> None:
        """Check the options and change the children.

        Raises:
            CommandFailed: an option is missing or cannot change, or a child cannot be what it should be.
        """
        node = self.node
        if node.driver.name == "copy-before-write":
            raise CommandFailed(
                "GenericError",
                f"Block format 'copy-before-write' used by node '{node.name}' does not support reopening files",
            )
        self._refuse_reset()
        self.change = node.driver.prepare_reopen(self.options)
        if self.read_only:
            freeze(node)
        image = node.driver.image_format()
        if (
            image is not None
            and "backing" not in self.options
            and (node.backing is not None or image.backing is not None)
        ):
            raise CommandFailed("GenericError", f"backing is missing for '{node.name}'")
        self._change_backing(world)
        self._change_file(world)
        self._refuse_change()
        node.read_only = self.read_only

    def commit(self) -> None:
        """Keep it."""
        node = self.node
        node.unmap = self.discard in ("unmap", "on")
        node.detect_zeroes = self.options.get("detect-zeroes", "off")
        node.no_flush = self.no_flush
        node.options = self.options | self._opened_with()
        self.change()
        refresh_limits(node)
        node.total_bytes = node.driver.size_bytes()
        if not node.read_only:
            thaw(node)
        for old in (self.old_file, self.old_backing):
            if old is not None:
                release(old)

    def _opened_with(self) -> dict[str, Any]:
        """The options of children that were opened with the node, and are only named now: they stay its own."""
        before, moved = self.node.options, {"file": self.moved is not None, "backing": self.backing_changed}
        return {
            name: before[name]
            for name in CHILDREN
            if isinstance(before.get(name), dict) and isinstance(self.options.get(name), str) and not moved.get(name)
        }

    def abort(self) -> None:
        """Undo it; what `freeze` did to bitmaps stays (B6)."""
        self.node.read_only = self.was_read_only
        if self.moved is not None and self.old_file is not None:
            move([self.moved], self.old_file)
        if self.backing_changed:
            drop_backing(self.node)
            if self.old_backing is not None:
                set_backing(self.node, self.old_backing)
            self.node.limits = self.limits

    def _refuse_reset(self) -> None:
        from txsh.schema.order import dict_order  # noqa: PLC0415  # only a reopen needs it

        given = _own(self.options)
        for option in dict_order(_own(self.node.options)):
            if option not in given and option not in RESETTABLE and option not in self.node.driver.mutable_options:
                raise CommandFailed("GenericError", f"Option '{option}' cannot be reset to its default value")

    def _refuse_change(self) -> None:
        from txsh.schema.order import dict_order  # noqa: PLC0415  # only a reopen needs it

        given, old = _own(self.options), _own(self.node.options)
        if isinstance(self.options.get("image"), str):
            image = self.node.child("image")
            given["image"] = self.options["image"]
            old["image"] = image.node.name if image else None
        for option in dict_order(given):
            changeable = option in CHANGEABLE or option in self.node.driver.mutable_options
            if not changeable and given[option] != old.get(option):
                raise CommandFailed("GenericError", f"Cannot change the option '{option}'")

    def _change_backing(self, world: World) -> None:
        if "backing" not in self.options or isinstance(self.options["backing"], dict):
            return
        new = self._child(world, "backing", self.options["backing"])
        if new is self.node.backing:
            return
        if self.node.driver.is_filter:
            self._refuse_filter("backing")
        if self.node.driver.image_format() is None:
            name = self.node.driver.name
            raise CommandFailed(
                "GenericError", f"Driver '{name}' of node '{self.node.name}' does not support backing files"
            )
        self.old_backing = self.node.backing
        if self.old_backing is not None:
            self.old_backing.references += 1
            drop_backing(self.node)
            self.old_backing.references -= 1
        self.backing_changed = True
        if new is not None:
            set_backing(self.node, new)

    def _change_file(self, world: World) -> None:
        reference = self.options.get("file")
        if not isinstance(reference, str):
            return
        new = self._child(world, "file", reference)
        child = self.node.children[0] if self.node.children else None
        if new is None or (child is not None and new is child.node):
            return
        if child is None:
            raise CommandFailed("GenericError", "Cannot set file child to format node without file child")
        if self.node.driver.image_format() is not None and place_below(new) != place_below(child.node):
            raise NotSimulated("blockdev-reopen of qcow2 with the file of another image")
        self.old_file, self.moved = child.node, child
        move([child], new)

    def _refuse_filter(self, name: str) -> None:
        driver = self.node.driver.name
        raise CommandFailed(
            "GenericError", f"'{self.node.name}' is a {driver} filter node that does not support a {name} child"
        )

    def _child(self, world: World, name: str, reference: str | None) -> Node | None:
        if reference is None:
            return None
        node = world.find_node(reference)
        if node is None:
            raise CommandFailed("GenericError", f"Cannot find device='' nor node-name='{reference}'")
        if node is self.node or reaches(node, self.node):
            raise CommandFailed(
                "GenericError", f"Making '{reference}' a {name} child of '{self.node.name}' would create a cycle"
            )
        return node


def reopen(world: World, nodes: list[tuple[Node, Mapping[str, Any]]]) -> None:
    """Reopen nodes with new options, all or none.

    Raises:
        CommandFailed: one of them cannot be as it should be.
    """
    for node, _ in nodes:
        drained_begin(node)
    queue = [
        each for node, options in nodes for each in _queue(node, options, read_only=options.get("read-only", False))
    ]
    prepared: list[Reopened] = []
    try:
        for each in queue:
            _flush(each.node)
        for each in queue:
            prepared.append(each)
            each.prepare(world)
        nodes_changed = [each.node for each in queue]
        nodes_changed += [old for each in queue for old in (each.old_file, each.old_backing) if old is not None]
        refresh(nodes_changed, writable=[each.node for each in queue if not each.was_read_only])
    except (CommandFailed, NotSimulated):
        for each in reversed(prepared):
            each.abort()
        refresh([each.node for each in prepared])
        raise
    else:
        for each in reversed(queue):
            each.commit()
    finally:
        with world.graph_lock.write_undrained():
            pass  # What was changed is let go of under the lock.
        for node, _ in nodes:
            drained_end(node)


def _queue(
    node: Node, options: Mapping[str, Any], *, read_only: bool, above: bool | None = None, is_child: bool = False
) -> list[Reopened]:
    """The node and those below it that were opened with it.

    Args:
        above: whether the node above was told to leave flushes out; None when it was told nothing.
        is_child: it keeps what it is told nothing of, when it is only named.

    Source: QEMU block.c, bdrv_reopen_queue_child, bdrv_inherited_options.
    """
    told: bool | None = options.get("cache", {}).get("no-flush", above)
    kept = is_child and options is node.options and node.no_flush
    discard = "unmap" if is_child else "ignore"
    no_flush = kept if told is None else told
    found = [Reopened(node, options, read_only=read_only, no_flush=no_flush, discard=discard)]
    for child in node.children:
        was = node.options.get(child.name)
        below = options.get(child.name)
        if not isinstance(was, dict) or (isinstance(below, str) and below != child.node.name):
            continue
        if child.name in options and below is None:
            continue
        inherited = True if child.name == "backing" else found[0].read_only
        child_options = below if isinstance(below, dict) else child.node.options
        found += _queue(child.node, child_options, read_only=inherited, above=told, is_child=True)
    return found


def _flush(node: Node) -> None:
    loop = node.world.loop
    request = Coroutine(node.flush())
    loop.enter(request)
    loop.wait_while(lambda: not request.finished)
    if request.result:
        raise CommandFailed("GenericError", f"Error flushing drive: {strerror(request.result)}")


def _own(options: Mapping[str, Any]) -> dict[str, Any]:
    """The node's own options, flat."""
    flat: dict[str, Any] = {}
    for name, value in options.items():
        if name not in CHILDREN:
            flat.update(flatten(name, value))
    return flat
