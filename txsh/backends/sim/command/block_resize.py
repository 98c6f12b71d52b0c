"""block_resize. Source: QEMU blockdev.c, qmp_block_resize."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.block_backend import BlockBackend
from txsh.backends.sim.drain import drained_begin, drained_end
from txsh.backends.sim.node import RESIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def block_resize(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Change the size of a node.

    Raises:
        CommandFailed: in QEMU's order of checks.
    """
    node = world.lookup(arguments.get("device"), arguments.get("node-name"))
    size_bytes: int = arguments["size"]
    if size_bytes < 0:
        raise CommandFailed("GenericError", "Parameter 'size' expects a >0 size")
    try:
        node.check_operation("resize")
    except CommandFailed:
        if world.profile.resize_names_device:
            device = arguments.get("device", "(null)")
            raise CommandFailed("GenericError", f"Device '{device}' is in use") from None
        raise
    backend = BlockBackend(world, node, permissions=RESIZE)
    try:
        drained_begin(node)
        refused = backend.wait(backend.start(0, 0, lambda at: at.truncate(size_bytes)))
        drained_end(node)
    finally:
        backend.close()
    if refused:
        raise CommandFailed("GenericError", refused)
    return {}


COMMANDS = {"block_resize": block_resize}
