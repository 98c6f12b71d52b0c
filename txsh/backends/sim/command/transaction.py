"""The command transaction."""

from __future__ import annotations

from txsh.backends.sim.transaction import transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def run(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run the list.

    Raises:
        CommandFailed: the first refusal.
    """
    mode: str = arguments.get("properties", {}).get("completion-mode", "individual")
    transaction(world, arguments["actions"], mode)
    return {}


COMMANDS = {"transaction": run}
