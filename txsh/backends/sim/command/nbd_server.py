"""nbd-server-add and nbd-server-remove: exports in the words of before block-export-add.

Source: QEMU blockdev-nbd.c, block/export/export.c.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.command.export import add as add_export
from txsh.backends.sim.command.export import check_lengths
from txsh.backends.sim.command.export import delete as delete_export

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def add(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Export a node or a drive; one that is read-only is exported so, whatever was asked for.

    Raises:
        CommandFailed: in QEMU's order of checks.
    """
    device: str = arguments["device"]
    name: str = arguments.get("name", device)
    check_lengths(name, arguments.get("description"))
    node = world.lookup(device, device)
    options = {"type": "nbd", "id": name, "name": name, "node-name": node.name}
    told = {option: arguments[option] for option in ("description", "writable") if option in arguments}
    if node.read_only:
        told["writable"] = False
    if "bitmap" in arguments:
        told["bitmaps"] = [arguments["bitmap"]]
    return add_export(world, options | told)


def remove(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Begin to end the export of that name.

    Raises:
        CommandFailed: there is none.
    """
    name: str = arguments["name"]
    if all(export.id != name for export in world.exports):
        raise CommandFailed("GenericError", f"Export '{name}' is not found")
    return delete_export(world, {"id": name})


COMMANDS = {"nbd-server-add": add, "nbd-server-remove": remove}
