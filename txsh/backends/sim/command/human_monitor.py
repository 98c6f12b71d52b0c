"""human-monitor-command: qemu-io and little else. Source: QEMU monitor/hmp.c, block/monitor/block-hmp-cmds.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed, NotSimulated
from txsh.backends.sim.hmp.line import Line, Refused
from txsh.backends.sim.hmp.name import INFO, NAMES
from txsh.backends.sim.hmp.plain import INFO as INFO_RUNS
from txsh.backends.sim.hmp.plain import RUNS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World


def human_monitor_command(world: World, arguments: Mapping[str, Any]) -> str:
    """Do what a line says and return what the monitor prints, its lines ended as on a terminal.

    Raises:
        NotSimulated: a command without a model.
        BackendLost: it ends the process, or waits for ever.
    """
    if "cpu-index" in arguments:
        raise NotSimulated("cpu-index of human-monitor-command")
    return _printed(world, Line(arguments["command-line"])).replace("\n", "\r\n")


def _printed(world: World, line: Line) -> str:
    name = line.name()
    if name is None:
        return ""
    if name not in NAMES[world.profile.version]:
        return f"unknown command: '{line.text[: line.at]}'\n"
    if name == "info":
        asked = line.name()
        if asked is not None and asked not in INFO[world.profile.version]:
            return f"unknown command: '{line.text[: line.at]}'\n"
        return _told(world, line, asked)
    run = _qemu_io if name == "qemu-io" else RUNS.get(name)
    if run is None:
        raise NotSimulated(f"human-monitor-command {name}")
    begun = line.text[: line.at]
    try:
        return run(world, line)
    except Refused as refused:
        return f'{refused}Try "help {begun}" for more information\n'


def _told(world: World, line: Line, asked: str | None) -> str:
    """What ``info`` prints."""
    tell = None if asked is None else INFO_RUNS.get(asked)
    if tell is None:
        raise NotSimulated(f"human-monitor-command info {asked}" if asked else "human-monitor-command info")
    begun = line.text[: line.at]
    if line.rest():
        return f'{asked}: extraneous characters at the end of line\nTry "help {begun}" for more information\n'
    return tell(world)


def _qemu_io(world: World, line: Line) -> str:
    is_device = line.option("d", "qemu-io")
    name = line.word()
    if name is None:
        raise Refused("qemu-io: block device name expected\n")
    text = line.word()
    if text is None:
        raise Refused("qemu-io: string expected\n")
    line.end("qemu-io")
    if is_device:
        return f"Error: Device '{name}' not found\n"
    from txsh.backends.sim.block_backend import BlockBackend  # noqa: PLC0415  # only some lines need it
    from txsh.backends.sim.hmp.qemu_io import execute  # noqa: PLC0415  # the same

    drive = world.find_drive(name)
    node = world.find_node(name)
    if drive is None and node is None:
        return f"Error: Cannot find device='' nor node-name='{name}'\n"
    backend = drive or BlockBackend(world, node)
    printed = ""
    try:
        printed = execute(backend, text)
    except CommandFailed as failed:
        printed = f"{failed.description}\n"
    finally:
        if drive is None:
            backend.close()
    return printed


COMMANDS = {"human-monitor-command": human_monitor_command}
