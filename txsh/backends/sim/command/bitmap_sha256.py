"""x-debug-block-dirty-bitmap-sha256."""

from __future__ import annotations

from txsh.backends.sim.command.action import find_bitmap
from txsh.model.digest import bitmap_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def sha256(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The digest of the bits.

    Raises:
        CommandFailed: unknown node or bitmap.
    """
    bitmap = find_bitmap(world, arguments["node"], arguments["name"])
    return {"sha256": bitmap_digest(bitmap.bits, bitmap.size_bytes, bitmap.granularity)}


COMMANDS = {"x-debug-block-dirty-bitmap-sha256": sha256}
