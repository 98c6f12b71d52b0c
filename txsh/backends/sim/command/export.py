"""nbd-server-start and -stop, block-export-add and -del, query-block-exports.

Source: QEMU block/export/export.c, blockdev-nbd.c, nbd/server.c.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed, NotSimulated
from txsh.backends.sim.bitmap import ALLOW_READONLY
from txsh.backends.sim.command.action import find_bitmap
from txsh.backends.sim.export import Export, exported_bitmap
from txsh.backends.sim.socket_address import check
from txsh.model.identifier import is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World

TEXT_BYTES_MAX = 4096
ADD_OPTIONS = frozenset(
    {
        "id",
        "type",
        "node-name",
        "name",
        "writable",
        "bitmaps",
        "description",
        "allocation-depth",
        "writethrough",
        "iothread",
        "fixed-iothread",
    }
)
START_OPTIONS = frozenset({"addr", "max-connections"})


def server_start(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Start the NBD server.

    Raises:
        CommandFailed: it runs already, or cannot listen there.
        NotSimulated: an option or an address without a model.
    """
    _only(arguments, START_OPTIONS, "nbd-server-start")
    if world.nbd_server is not None:
        raise CommandFailed("GenericError", "NBD server already running")
    check(world.disk, arguments["addr"])
    world.nbd_server = dict(arguments)
    return {}


def server_stop(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Stop it, and end its exports.

    Raises:
        CommandFailed: it does not run.
    """
    del arguments
    if world.nbd_server is None:
        raise CommandFailed("GenericError", "NBD server not running")
    for export in list(world.exports):
        export.shut_down()
    world.loop.wait_while(lambda: bool(world.exports))
    world.nbd_server = None
    return {}


def add(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Export a node.

    Raises:
        CommandFailed: in QEMU's order of checks.
        NotSimulated: an option or a type without a model.
    """
    if arguments["type"] != "nbd":
        raise NotSimulated(f"type {arguments['type']} of block-export-add")
    _only(arguments, ADD_OPTIONS, "block-export-add")
    export_id: str = arguments["id"]
    if not is_well_formed(export_id):
        raise CommandFailed("GenericError", "Invalid block export id")
    if any(export.id == export_id for export in world.exports):
        raise CommandFailed("GenericError", f"Block export id '{export_id}' is already in use")
    node = world.find_node(arguments["node-name"])
    if node is None:
        raise CommandFailed("GenericError", f"Cannot find device='' nor node-name='{arguments['node-name']}'")
    writable: bool = arguments.get("writable", False)
    if node.read_only and writable:
        raise CommandFailed("GenericError", "Cannot export read-only node as writable")
    _choose_iothread(world, node, arguments)
    export = Export(world, export_id, node, writable=writable)
    export.is_bound = arguments.get("fixed-iothread", False)
    try:
        export.name = _export_name(world, arguments)
        export.keep_size()
        export.hold_bitmaps([_bitmap(world, node, each, writable=writable) for each in arguments.get("bitmaps", ())])
    except CommandFailed:
        export.cancel()
        raise
    world.exports.insert(0, export)
    return {}


def _choose_iothread(world: World, node: Node, arguments: Mapping[str, Any]) -> None:
    """Let the node run in the iothread asked for; where it cannot, only one that is fixed minds.

    Raises:
        CommandFailed: there is none of that name, or a fixed one cannot be.
    """
    iothread: str | list[str] | None = arguments.get("iothread")
    if iothread is None:
        return
    if not isinstance(iothread, str):
        raise NotSimulated("an export in several iothreads")
    from txsh.backends.sim.iothread import IoThread, move  # noqa: PLC0415  # few exports ask for one

    if not isinstance(world.objects.get(iothread), IoThread):
        raise CommandFailed("GenericError", f'iothread "{iothread}" not found')
    try:
        move(node, iothread)
    except CommandFailed:
        if arguments.get("fixed-iothread", False):
            raise


def _export_name(world: World, arguments: Mapping[str, Any]) -> str:
    if world.nbd_server is None:
        raise CommandFailed("GenericError", "NBD server not running")
    name: str = arguments.get("name", arguments["node-name"])
    check_lengths(name, arguments.get("description"))
    if any(export.name == name for export in world.exports):
        raise CommandFailed("GenericError", f"NBD server already has export named '{name}'")
    return name


def check_lengths(name: str, description: str | None) -> None:
    """Refuse what does not fit into NBD's messages.

    Raises:
        CommandFailed: one of them is too long.
    """
    if len(name.encode()) > TEXT_BYTES_MAX:
        raise CommandFailed("GenericError", f"export name '{name}' too long")
    if description is not None and len(description.encode()) > TEXT_BYTES_MAX:
        raise CommandFailed("GenericError", f"description '{description}' too long")


def _bitmap(world: World, node: Node, each: str | Mapping[str, Any], *, writable: bool) -> DirtyBitmap:
    if isinstance(each, str):
        return exported_bitmap(node, each, writable=writable)
    bitmap = find_bitmap(world, each["node"], each["name"])
    bitmap.check(ALLOW_READONLY)
    return bitmap


def delete(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Begin to end an export; BLOCK_EXPORT_DELETED tells that it is gone.

    Raises:
        CommandFailed: unknown, or ending already.
    """
    for export in world.exports:
        if export.id == arguments["id"]:
            if export.shutting_down:
                raise CommandFailed("GenericError", f"Export '{export.id}' is already shutting down")
            export.shut_down()
            return {}
    raise CommandFailed("GenericError", f"Export '{arguments['id']}' is not found")


def query(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All exports, newest first."""
    del arguments
    return [
        {
            "node-name": export.root.node.name,
            "shutting-down": export.shutting_down,
            "type": "nbd",
            "id": export.id,
        }
        for export in world.exports
    ]


def _only(arguments: Mapping[str, Any], known: frozenset[str], command: str) -> None:
    for option in arguments:
        if option not in known:
            raise NotSimulated(f"option '{option}' of {command}")


COMMANDS = {
    "nbd-server-start": server_start,
    "nbd-server-stop": server_stop,
    "block-export-add": add,
    "block-export-del": delete,
    "query-block-exports": query,
}
