"""Opening nodes from blockdev-add's options: the file below a format first, then the node, then its backing file.

What a driver needs beyond that it does in its own `open`. Source: QEMU block.c (bdrv_open_inherit, bdrv_open_common,
bdrv_open_driver, bdrv_open_backing_file, bdrv_inherited_options), blockdev.c (qmp_blockdev_add, bds_tree_init).
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.block_backend import BlockBackend
from txsh.backends.sim.driver.registry import driver_class, refuse_unknown
from txsh.backends.sim.graph import attach, detach, refuse_cycle, release, set_backing
from txsh.backends.sim.limits import refresh_limits
from txsh.backends.sim.node import Node
from txsh.model.identifier import NODE_NAME_LENGTH_MAX, is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NamedTuple

    from txsh.backends.sim.disk import File
    from txsh.backends.sim.driver.base import Driver
    from txsh.backends.sim.world import World
else:
    from txsh.named import NamedTuple

HALF_OPEN = "QEMU crashes here: what a node is opened from names that node (SIGSEGV)"


class Inherited(NamedTuple):
    """What a node takes from the one it is opened for, where its own options say nothing.

    Args:
        discard: what it does with discards.
    """

    read_only: bool = False
    direct: bool = False
    no_flush: bool = False
    force_share: bool = False
    discard: str = "ignore"


TOP = Inherited()


class Place(NamedTuple):
    """Where the options of one node stand.

    Args:
        top: all options of the blockdev-add.
        path: the members that lead from there to those of the node.
        filename: a file that an overlay names besides.
    """

    top: Mapping[str, Any]
    path: tuple[str, ...] = ()
    filename: str | None = None

    def below(self, name: str) -> Place:
        """The place of a child's options."""
        return self._replace(path=(*self.path, name))


def new_node(world: World, name: str | None, driver: Driver, options: dict[str, Any]) -> Node:
    """Make a node without children; without a name it gets ``#blockNNN``."""
    if name is None:
        number = world.anonymous
        world.anonymous += 1
        name = f"#block{number}{(number * 37 + 64) % 100:02}"
    node = Node(world, name, driver, options)
    for _ in range(world.drained_all):
        node.quiesce()
    world.nodes.append(node)
    return node


def check_node_name(world: World, name: str) -> None:
    """Refuse a malformed or taken name. Source: QEMU block.c, bdrv_assign_node_name.

    Raises:
        CommandFailed: it is one.
    """
    if not is_well_formed(name):
        raise CommandFailed("GenericError", f"Invalid node-name: '{name}'")
    if world.find_drive(name) is not None:
        raise CommandFailed("GenericError", f"node-name={name} is conflicting with a device id")
    if world.find_node(name) is not None:
        raise CommandFailed("GenericError", f"Duplicate nodes with node-name='{name}'")
    if len(name) > NODE_NAME_LENGTH_MAX:
        raise CommandFailed("GenericError", "Node name too long")


def open_node(world: World, options: Mapping[str, Any], inherited: Inherited = TOP, place: Place | None = None) -> Node:
    """Open a node and what it opens itself below it; nobody holds it yet.

    Args:
        place: where the options stand; None when they are all.

    Raises:
        CommandFailed: QEMU would refuse; nothing is left behind.
        NotSimulated: a driver or an option without a model.
        BackendLost: QEMU would crash.
    """
    refuse_unknown(options)
    return Opening(world, options, inherited, Place(options) if place is None else place).open()


def open_reference(
    world: World, reference: str | Mapping[str, Any], inherited: Inherited = TOP, place: Place | None = None
) -> Node:
    """The node of that name, or a new one opened from options.

    Args:
        place: where the options stand; None when they are all.

    Raises:
        CommandFailed: there is none, or it cannot be opened.
        NotSimulated: a driver or an option without a model.
        BackendLost: QEMU would crash.
    """
    if not isinstance(reference, str):
        return open_node(world, reference, inherited, place)
    if place is not None and place.filename is not None:
        text = "Cannot reference an existing block device with additional options or a new filename"
        raise CommandFailed("GenericError", text)
    return world.node(reference)


def mark_probed(node: Node) -> None:
    """Note that nobody named the format of a node that was just opened: it was found by looking at the file."""
    node.driver.is_probed = True
    refresh_limits(node)


def _is_half_open(node: Node) -> bool:
    return bool(node.driver.children) and not node.children


class Opening:
    """One node while it is opened.

    Attributes:
        options: as given.
        place: where the options stand.
        inherited: what its children take from it.
    """

    def __init__(self, world: World, options: Mapping[str, Any], inherited: Inherited, place: Place) -> None:
        self.world = world
        self.options = options
        self.place = place
        cache: Mapping[str, Any] = options.get("cache", {})
        self.inherited = Inherited(
            read_only=options.get("read-only", inherited.read_only),
            direct=cache.get("direct", inherited.direct),
            no_flush=cache.get("no-flush", inherited.no_flush),
            force_share=options.get("force-share", inherited.force_share),
            # What is opened with its parent leaves the decision to the parent.
            discard="unmap",
        )
        self._discard: str = options.get("discard", inherited.discard)
        self._node: Node | None = None
        self._file: BlockBackend | None = None
        self._driver = driver_class(options["driver"])()
        self._is_open = False

    @property
    def node(self) -> Node:
        """The node, once its name was accepted."""
        assert self._node is not None
        return self._node

    def open(self) -> Node:
        """Go through all of it."""
        try:
            if self._driver.opens_files:
                self._driver.take_filename(self)
            else:
                self._open_file()
            self._check()
            self._join()
            self._driver.open(self)
            self.node.total_bytes = self._driver.size_bytes()
            refresh_limits(self.node)
            self._is_open = True
            self._let_file_go()
            self._open_backing()
            self._refuse_left()
            self.node.references -= 1
        except (CommandFailed, NotSimulated, BackendLost):
            self._undo()
            raise
        return self.node

    def open_child(self, name: str) -> Node:
        """Attach the child that the options name.

        Raises:
            CommandFailed: there is none, or its users do not get on with this node.
            NotSimulated: a driver or an option without a model.
        """
        if self._file is not None and self._file.root is not None and name == "file":
            child = self._file.root.node
        else:
            child = open_reference(self.world, self.options[name], self.inherited, self.place.below(name))
        self._attach(name, child)
        return child

    def _attach(self, name: str, child: Node) -> None:
        if child is not self.node and _is_half_open(child):
            raise BackendLost(HALF_OPEN)
        try:
            refuse_cycle(self.node, name, child)
            attach(self.node, name, child)
        except CommandFailed:
            release(child)
            raise

    def _open_file(self) -> None:
        """Open what is below a format, and hold it as the one does who looks for the format."""
        child = open_reference(self.world, self.options["file"], self.inherited, self.place.below("file"))
        if _is_half_open(child):
            raise BackendLost(HALF_OPEN)
        try:
            self._file = BlockBackend(self.world, child)
        except CommandFailed:
            release(child)
            raise

    def _let_file_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _check(self) -> None:
        """Source: bdrv_open_common."""
        inherited, options = self.inherited, self.options
        if inherited.force_share and not inherited.read_only:
            raise CommandFailed("GenericError", "force-share=on can only be used with read-only images")
        if options.get("filename") == "":
            raise CommandFailed("GenericError", f"The '{options['driver']}' block driver requires a file name")
        if options.get("detect-zeroes") == "unmap" and self._discard not in ("unmap", "on"):
            raise CommandFailed(
                "GenericError",
                "setting detect-zeroes to unmap is not allowed without setting discard operation to unmap",
            )

    def _join(self) -> None:
        name = self.options.get("node-name")
        if name is not None:
            check_node_name(self.world, name)
        node = new_node(self.world, name, self._driver, dict(self.options))
        node.origin = (self.place.top, self.place.path)
        node.total_bytes = 0
        # What is opened below may name it already, and let it go again.
        node.references += 1
        node.read_only = self.inherited.read_only
        node.direct = self.inherited.direct
        node.no_flush = self.inherited.no_flush
        node.force_share = self.inherited.force_share
        node.unmap = self._discard in ("unmap", "on")
        node.detect_zeroes = self.options.get("detect-zeroes", "off")
        self._driver.attach(node)
        self._node = node

    def _open_backing(self) -> None:
        """Attach the backing file that options or image name."""
        image = self._driver.image_format()
        if image is None or self.options.get("backing", "") is None:
            return
        reference: str | Mapping[str, Any] | None = self.options.get("backing")
        place: Place | None = self.place.below("backing")._replace(filename=None)
        if reference is None:
            if image.backing is None:
                return
            reference, place = _named_backing(self.node, *image.backing), None
        elif image.backing is not None and not isinstance(reference, str) and not _names_file(reference):
            place = self.place.below("backing")._replace(filename=image.backing[0])
        try:
            backing = open_reference(self.world, reference, self.inherited._replace(read_only=True), place)
        except CommandFailed as failed:
            text = f"Could not open backing file: {failed.description}"
            raise CommandFailed(failed.error_class, text) from None
        if image.backing is not None and image.backing[1] is None and "backing" not in self.options:
            mark_probed(backing)
        try:
            set_backing(self.node, backing)
        except CommandFailed:
            release(backing)
            raise

    def _refuse_left(self) -> None:
        """Refuse an option that nobody has taken: an empty list or object is none of those that are known."""
        left = [name for name, value in self.options.items() if value in ([], {})]
        if not left:
            return
        from txsh.schema.order import dict_order  # noqa: PLC0415  # only this refusal needs it

        name, first = self.options["driver"], dict_order(left)[0]
        if self._driver.opens_files:
            raise CommandFailed("GenericError", f"Block protocol '{name}' doesn't support the option '{first}'")
        raise CommandFailed("GenericError", f"Block format '{name}' does not support the option '{first}'")

    def _undo(self) -> None:
        """Close what was opened: each step locks the graph, whether or not there is anything to let go of.

        Source: QEMU block.c, open_failed of bdrv_open_driver, fail of bdrv_open_inherit, bdrv_close.
        """
        node, graph_lock = self._node, self.world.graph_lock
        if node is not None:
            node.references -= 1
        if node is not None and self._is_open:
            release(node)
            self._let_file_go()
            return
        if node is not None:
            node.world.nodes.remove(node)
            with graph_lock.write():
                file = node.child("file")
                if file is not None:
                    detach(file)
        self._let_file_go()
        with graph_lock.write():
            for child in list(node.children) if node is not None else ():
                detach(child)


def _names_file(options: Mapping[str, Any]) -> bool:
    file = options.get("file")
    return not isinstance(file, str | None) and "filename" in file


def _named_backing(node: Node, filename: str, image_format: str | None) -> dict[str, Any]:
    """Options for the backing file that an image names; without a format in it the file is looked at."""
    from txsh.backends.sim.filename import beside  # noqa: PLC0415  # only overlays need it

    filename = beside(node, filename)
    if ":" in filename.partition("/")[0]:
        raise NotSimulated(f"the backing file {filename}, which is named by protocol or options")
    if image_format is None:
        file = node.world.disk.files.get(filename)
        image_format = "raw" if file is None or file.format is None else "qcow2"
    return {"driver": image_format, "file": {"driver": "file", "filename": filename}}


def place_below(node: Node) -> tuple[File, int] | None:
    """The file below a stack of filters and windows, and where in it the node begins; None when there is none."""
    from txsh.backends.sim.driver.file import FileDriver  # noqa: PLC0415  # drivers load when used

    offset = 0
    while node.children:
        below = node.driver.host_offset(node, 0)
        if below is None or node.driver.image_format() is not None:
            return None
        offset += below
        node = node.file
    return (node.driver.image, offset) if isinstance(node.driver, FileDriver) else None
