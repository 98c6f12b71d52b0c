"""object-add, object-del, query-iothreads, x-blockdev-set-iothread. Source: QEMU qom/qom-qmp-cmds.c, iothread.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed, NotSimulated
from txsh.backends.sim.iothread import POLL_MAX_NS, IoThread, move
from txsh.model.identifier import is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World

THREAD_ID = 100_001
"""Of the first iothread. In a real QEMU it is another number in every run."""


def add(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make an object.

    Raises:
        CommandFailed: in QEMU's order of checks.
        NotSimulated: a type without a model.
    """
    object_id: str = arguments["id"]
    kind: str = arguments["qom-type"]
    if kind not in ("iothread", "throttle-group"):
        raise NotSimulated(f"object-add of {kind}")
    if not is_well_formed(object_id):
        raise CommandFailed("GenericError", "Parameter 'id' expects an identifier")
    if kind == "iothread":
        made: Any = IoThread(world, object_id, arguments)
    else:
        from txsh.backends.sim.throttle_group import ThrottleGroup  # noqa: PLC0415  # few need one

        made = ThrottleGroup(world, object_id, arguments)
    if object_id in world.objects:
        raise CommandFailed(
            "GenericError", f"attempt to add duplicate property '{object_id}' to object (type 'container')"
        )
    world.objects[object_id] = made
    return {}


def delete(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take an object away.

    Raises:
        CommandFailed: unknown, or in use.
        BackendLost: in use, where that kills QEMU.
    """
    object_id: str = arguments["id"]
    found = world.objects.get(object_id)
    if found is None:
        raise CommandFailed("GenericError", f"object '{object_id}' not found")
    found.delete()
    del world.objects[object_id]
    return {}


def query_iothreads(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All iothreads.

    Raises:
        NotSimulated: there are several, which come in the order of a hash table.
    """
    del arguments
    found = [each for each in world.objects.values() if isinstance(each, IoThread)]
    if len(found) > 1:
        raise NotSimulated("query-iothreads of several iothreads")
    return [
        dict(world.profile.iothread_settings)
        | {"thread-id": THREAD_ID, "aio-max-batch": 0, "poll-max-ns": POLL_MAX_NS, "id": each.id}
        | {name: value for name, value in each.settings.items() if name in _SHOWN}
        for each in found
    ]


_SHOWN = ("poll-max-ns", "poll-grow", "poll-shrink", "poll-weight", "aio-max-batch")


def set_iothread(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let a node run in an iothread, or (null) in the main loop.

    Raises:
        CommandFailed: unknown, or somebody may use it, or is bound to where it is.
    """
    name: str = arguments["node-name"]
    node = world.find_node(name)
    if node is None:
        raise CommandFailed("GenericError", f"Failed to find node with node-name='{name}'")
    if not arguments.get("force", False) and any(child.name == "root" for child in node.parents):
        raise CommandFailed(
            "GenericError",
            f"Node {name} is associated with a BlockBackend and could be in use "
            "(use force=true to override this check)",
        )
    iothread: str | None = arguments["iothread"]
    if iothread is not None and not isinstance(world.objects.get(iothread), IoThread):
        raise CommandFailed("GenericError", f"Cannot find iothread {iothread}")
    move(node, iothread)
    return {}


COMMANDS = {
    "object-add": add,
    "object-del": delete,
    "query-iothreads": query_iothreads,
    "x-blockdev-set-iothread": set_iothread,
}
