"""The command transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txsh.backends.sim.transaction import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

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
