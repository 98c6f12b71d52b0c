"""What the process itself answers: stop, cont, quit, and what it is. Source: QEMU monitor/qmp-cmds.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def stop(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Stop the guest and flush everything, again if it is stopped already."""
    del arguments
    from txsh.backends.sim.shutdown import stop_all  # noqa: PLC0415  # only this one needs it

    if world.running:
        world.running = False
        world.emit("STOP", {})
    stop_all(world)
    return {}


def cont(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let the guest run, and forget that jobs have met errors. Source: QEMU monitor/qmp-cmds.c, qmp_cont."""
    del arguments
    for job in world.jobs:
        job.io_status = "ok"
    if not world.running:
        world.running = True
        world.not_started = False
        world.emit("RESUME", {})
    return {}


def query_status(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the guest runs."""
    del arguments
    status = "running" if world.running else "prelaunch" if world.not_started else "paused"
    shown: dict[str, Any] = {"status": status, "running": world.running}
    if world.profile.singlestep_shown:
        shown["singlestep"] = False
    return shown


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
    """End the process; all that this brings about comes before the reply. Only qemu-system says first that it ends."""
    del arguments
    if world.program == "qemu-system":
        world.emit("SHUTDOWN", {"guest": False, "reason": "host-qmp-quit"})
    world.shut_down()
    world.quitting = True
    return {}


def negotiate(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Who can send commands has negotiated: the monitor answers the first one itself.

    Raises:
        CommandFailed: always. Source: QEMU monitor/qmp-cmds-control.c, qmp_qmp_capabilities.
    """
    del world, arguments
    raise CommandFailed("CommandNotFound", "Capabilities negotiation is already complete, command ignored")


COMMANDS = {
    "qmp_capabilities": negotiate,
    "quit": quit_process,
    "stop": stop,
    "cont": cont,
    "query-status": query_status,
    "query-name": query_name,
    "query-version": query_version,
}
