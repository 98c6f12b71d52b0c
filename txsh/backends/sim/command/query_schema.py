"""query-commands, query-qmp-schema: what this QEMU has, modelled or not. Source: QEMU monitor/qmp-cmds-control.c."""

from __future__ import annotations

from txsh.schema.reply import commands_reply, schema_reply
from txsh.schema.table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def query_commands(world: World, arguments: Mapping[str, Any]) -> list[dict[str, str]]:
    """The names of its commands."""
    del arguments
    return commands_reply(table(world.profile.version, world.program))


def query_qmp_schema(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its commands, events and their types."""
    del arguments
    return schema_reply(table(world.profile.version, world.program))


COMMANDS = {"query-commands": query_commands, "query-qmp-schema": query_qmp_schema}
