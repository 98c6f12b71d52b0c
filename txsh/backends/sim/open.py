"""Opening nodes from blockdev-add's options: children first, then the driver, then the bitmaps that the image stores.

Source: QEMU block.c (bdrv_open_inherit), blockdev.c (qmp_blockdev_add).
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.block_backend import BlockBackend
from txsh.backends.sim.graph import attach, backing_reason, detach, reaches, release
from txsh.backends.sim.node import Node
from txsh.model.identifier import NODE_NAME_LENGTH_MAX, is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.disk import File
    from txsh.backends.sim.driver.base import Driver
    from txsh.backends.sim.world import World

COMMON = frozenset(
    {"driver", "node-name", "read-only", "discard", "cache", "detect-zeroes", "auto-read-only", "force-share"}
)
KNOWN: dict[str, frozenset[str]] = {
    "file": frozenset({"filename", "locking", "aio"}),
    "raw": frozenset({"file", "offset", "size"}),
    "qcow2": frozenset({"file", "backing"}),
    "null-co": frozenset({"size", "read-zeroes", "latency-ns"}),
    "null-aio": frozenset({"size", "read-zeroes", "latency-ns"}),
    "blkdebug": frozenset({"image", "inject-error", "set-state"}),
}
BACKING_ALLOWED = frozenset({"commit-target", "stream", "backup-source", "backup-target"})


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
    if world.find_node(name) is not None:
        raise CommandFailed("GenericError", f"Duplicate nodes with node-name='{name}'")
    if len(name) > NODE_NAME_LENGTH_MAX:
        raise CommandFailed("GenericError", "Node name too long")


def open_node(world: World, options: Mapping[str, Any], *, read_only: bool | None = None) -> Node:
    """Open a node and its children.

    Args:
        read_only: what the parent gives down; None at the top.

    Raises:
        CommandFailed: QEMU would refuse.
        NotSimulated: a driver or an option without a model.
    """
    refuse_unknown(options)
    name = options.get("node-name")
    is_read_only: bool = options.get("read-only", bool(read_only))
    children: list[tuple[str, Node]] = []
    probe: BlockBackend | None = None
    try:
        # A format's file is opened before its own name is looked at, a filter's after.
        _open_child(world, children, "file", options, read_only=is_read_only)
        if children:
            # QEMU looks into the file through a backend, whatever the driver. Source: bdrv_open_inherit.
            probe = BlockBackend(world, children[0][1])
        if name is not None:
            check_node_name(world, name)
        _open_child(world, children, "image", options, read_only=is_read_only)
        node = _join(world, options, children, read_only=is_read_only, nested=read_only is not None)
    except (CommandFailed, NotSimulated):
        if probe is not None:
            probe.close()
        for _, child in children:
            release(child)
        raise
    if probe is not None:
        probe.close()
    try:
        _open_backing(node)
    except (CommandFailed, NotSimulated):
        release(node)
        raise
    return node


def refuse_unknown(options: Mapping[str, Any]) -> None:
    """Refuse what has no model.

    Raises:
        NotSimulated: a driver or an option without one.
    """
    driver: str = options["driver"]
    if driver not in KNOWN:
        raise NotSimulated(f"driver {driver}")
    if options.get("force-share"):
        raise NotSimulated(f"option 'force-share' of driver {driver}")
    for option in options:
        if option not in COMMON and option not in KNOWN[driver]:
            raise NotSimulated(f"option '{option}' of driver {driver}")


def _join(
    world: World, options: Mapping[str, Any], children: list[tuple[str, Node]], *, read_only: bool, nested: bool
) -> Node:
    """Put a node above the children that are open."""
    name: str = options["driver"]
    driver = _driver(world, name, options, children)
    node = new_node(world, options.get("node-name"), driver, dict(options))
    node.read_only = read_only
    # What is opened with its parent leaves the decision to the parent. Source: block.c, bdrv_inherited_options.
    node.unmap = options.get("discard", "unmap" if nested else "ignore") in ("unmap", "on")
    node.detect_zeroes = options.get("detect-zeroes", "off")
    node.no_flush = options.get("cache", {}).get("no-flush", False)
    driver.attach(node)
    try:
        for child_name, child in children:
            attach(node, child_name, child)
    except (CommandFailed, NotSimulated):
        world.nodes.remove(node)
        raise
    return node


def _open_child(
    world: World, children: list[tuple[str, Node]], key: str, options: Mapping[str, Any], *, read_only: bool
) -> None:
    reference = options.get(key)
    if reference is not None:
        children.append((key, _open_reference(world, reference, read_only=read_only)))


def _open_reference(world: World, reference: str | Mapping[str, Any], *, read_only: bool) -> Node:
    if isinstance(reference, str):
        return world.node(reference)
    return open_node(world, reference, read_only=read_only)


def _driver(world: World, name: str, options: Mapping[str, Any], children: list[tuple[str, Node]]) -> Driver:
    if name == "file":
        from txsh.backends.sim.driver.file import FileDriver  # noqa: PLC0415  # drivers load when used

        return FileDriver(_file(world, options["filename"]))
    if name == "raw":
        from txsh.backends.sim.driver.raw import RawDriver  # noqa: PLC0415  # drivers load when used

        return RawDriver(options.get("offset", 0), options.get("size"))
    if name == "qcow2":
        from txsh.backends.sim.driver.qcow2 import Qcow2Driver  # noqa: PLC0415  # drivers load when used

        file = file_below(children[0][1])
        if file is None or file.format is None:
            raise CommandFailed("GenericError", "Image is not in qcow2 format")
        return Qcow2Driver(file.format)
    if name == "blkdebug":
        from txsh.backends.sim.driver.blkdebug import BlkdebugDriver  # noqa: PLC0415  # drivers load when used

        for option in ("inject-error", "set-state"):
            if options.get(option) == []:
                raise CommandFailed("GenericError", f"Block protocol 'blkdebug' doesn't support the option '{option}'")
        return BlkdebugDriver(options)
    from txsh.backends.sim.driver.null import DEFAULT_BYTES, NullDriver  # noqa: PLC0415  # drivers load when used

    size: int = options.get("size", DEFAULT_BYTES)
    if size < 0:
        raise BackendLost(f"QEMU 7.2 crashes here: blockdev-add of {name} with a negative size (SIGABRT)")
    latency_us = options.get("latency-ns", 0) // 1000
    return NullDriver(name, size + -size % 512, latency_us, read_zeroes=options.get("read-zeroes", False))


def _file(world: World, filename: str) -> File:
    file = world.disk.files.get(filename)
    if file is None:
        raise CommandFailed("GenericError", f"Could not open '{filename}': No such file or directory")
    return file


def file_below(node: Node) -> File | None:
    """The file below a stack of filters, where the tables of a format are kept."""
    from txsh.backends.sim.driver.file import FileDriver  # noqa: PLC0415  # drivers load when used

    while node.children:
        node = node.file
    return node.driver.image if isinstance(node.driver, FileDriver) else None


def _open_backing(node: Node) -> None:
    """Attach the backing file that options or image name, and load the stored bitmaps."""
    image = node.driver.image_format()
    if image is None:
        return
    if image.bitmaps:
        from txsh.backends.sim.persistence import load  # noqa: PLC0415  # only some images store any

        load(node, image)
    reference: str | Mapping[str, Any] | None = node.options.get("backing")
    if "backing" not in node.options and image.backing is not None:
        filename, image_format = image.backing
        reference = {"driver": image_format, "file": {"driver": "file", "filename": filename}}
    if reference is not None:
        set_backing(node, _open_reference(node.world, reference, read_only=True))


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
    if backing is node or reaches(backing, node):
        raise CommandFailed(
            "GenericError", f"Making '{backing.name}' a backing child of '{node.name}' would create a cycle"
        )
    attach(node, "backing", backing)
    backing.blockers.insert(0, (backing_reason(node), BACKING_ALLOWED))
