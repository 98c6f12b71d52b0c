"""What the process itself answers: stop, cont, quit, and what it is. Source: QEMU monitor/qmp-cmds.c."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def stop(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Stop the guest and flush everything."""
    del arguments
    if world.running:
        world.running = False
        from txsh.backends.sim.drain import drain_all  # noqa: PLC0415  # only this one needs it

        world.emit("STOP", {})
        drain_all(world)
    return {}


def cont(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let the guest run."""
    del arguments
    if not world.running:
        world.running = True
        world.emit("RESUME", {})
    return {}


def query_status(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the guest runs."""
    del arguments
    status = "running" if world.running else "paused"
    return {"status": status, "singlestep": False, "running": world.running}


def query_name(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The machine's name, if it was given one."""
    del arguments
    return {} if world.name is None else {"name": world.name}


def query_version(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The version modelled."""
    del arguments
    major, minor = world.profile.version
    return {"qemu": {"major": major, "minor": minor, "micro": world.profile.micro}, "package": world.profile.package}


def quit_process(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """End the process once the reply is out; only qemu-system says so with an event."""
    del arguments
    if world.program == "qemu-system":
        world.emit("SHUTDOWN", {"guest": False, "reason": "host-qmp-quit"})
    world.quitting = True
    return {}


COMMANDS = {
    "quit": quit_process,
    "stop": stop,
    "cont": cont,
    "query-status": query_status,
    "query-name": query_name,
    "query-version": query_version,
}
