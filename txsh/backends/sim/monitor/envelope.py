"""What stands around a command and its answer: reads requests, makes replies. Knows no command.

Source: QEMU qapi/qmp-dispatch.c, qmp_dispatch_check_obj.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.monitor.writer import members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple
else:
    from txsh.named import NamedTuple

_COMMANDS = ("execute", "exec-oob")


class Request(NamedTuple):
    """One command as it was sent."""

    command: str
    arguments: dict[str, Any]
    out_of_band: bool


def read_request(value: Any, *, out_of_band_enabled: bool) -> Request:
    """Understand a message.

    Raises:
        CommandFailed: it is no request.
    """
    if not isinstance(value, dict):
        raise _wrong("QMP input must be a JSON object")
    found = None
    for name, _ in members(value):
        content = value[name]
        if name == "execute" or (name == "exec-oob" and out_of_band_enabled):
            if not isinstance(content, str):
                raise _wrong(f"QMP input member '{name}' must be a string")
            if found is not None:
                raise _wrong(f"QMP input member '{name}' clashes with '{found}'")
            found = name
        elif name == "arguments":
            if not isinstance(content, dict):
                raise _wrong("QMP input member 'arguments' must be an object")
        elif name != "id":
            raise _wrong(f"QMP input member '{name}' is unexpected")
    if found is None:
        raise _wrong("QMP input lacks member 'execute'")
    return Request(value[found], value.get("arguments", {}), found == "exec-oob")


def answer(request: Any, content: Any) -> dict[str, Any]:
    """The reply with what a command returned."""
    return _with_id(request, {"return": content})


def refuse(request: Any, failure: CommandFailed) -> dict[str, Any]:
    """The reply that is an error."""
    return _with_id(request, {"error": {"class": failure.error_class, "desc": failure.description}})


def _with_id(request: Any, reply: dict[str, Any]) -> dict[str, Any]:
    if isinstance(request, dict) and "id" in request:
        reply["id"] = request["id"]
    return reply


def _wrong(description: str) -> CommandFailed:
    return CommandFailed("GenericError", description)
