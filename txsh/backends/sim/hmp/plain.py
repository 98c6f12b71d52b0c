"""Commands of the human monitor that are QMP commands in other words. Source: QEMU block/monitor/block-hmp-cmds.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.hmp.line import Refused
from txsh.backends.sim.hmp.number import size_at_start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from txsh.backends.sim.hmp.line import Line
    from txsh.backends.sim.world import World

    Run = Callable[[World, Line], str]


def _ask(world: World, command: str, arguments: dict[str, Any] | None = None) -> Any:
    from txsh.backends.sim.command import module_of  # noqa: PLC0415  # it loads who imports this

    found = module_of(command)
    assert found is not None, command
    return found.COMMANDS[command](world, arguments or {})


def _do(world: World, command: str, arguments: dict[str, Any] | None = None) -> str:
    """Do it; nothing is printed but an error."""
    try:
        _ask(world, command, arguments)
    except CommandFailed as failed:
        return f"Error: {failed.description}\n"
    return ""


def _device(line: Line, command: str) -> str:
    device = line.word()
    if device is None:
        raise Refused(f"{command}: block device name expected\n")
    return device


def _size(line: Line, command: str, *, strict: bool) -> int:
    """A size, in MiB where no suffix says otherwise.

    Raises:
        Refused: it is none, or something follows it.
    """
    found = size_at_start(line.rest(), "M", strict=strict)
    if found is None:
        raise Refused("invalid size\n")
    line.at = len(line.text) - len(found[1])
    line.end(command)
    return found[0]


def _without_words(command: str, shown: str) -> Run:
    def run(world: World, line: Line) -> str:
        line.end(shown)
        return _do(world, command)

    return run


def _block_job(verb: str) -> Run:
    shown = f"block_job_{verb}"

    def run(world: World, line: Line) -> str:
        arguments: dict[str, Any] = {"force": line.option("f", shown)} if verb == "cancel" else {}
        arguments["device"] = _device(line, shown)
        line.end(shown)
        return _do(world, f"block-job-{verb}", arguments)

    return run


def _set_speed(world: World, line: Line) -> str:
    device = _device(line, "block_job_set_speed")
    speed = _size(line, "block_job_set_speed", strict=world.profile.strict_sizes)
    return _do(world, "block-job-set-speed", {"device": device, "speed": speed})


def _resize(world: World, line: Line) -> str:
    device = _device(line, "block_resize")
    size = _size(line, "block_resize", strict=world.profile.strict_sizes)
    return _do(world, "block_resize", {"device": device, "size": size})


RUNS: dict[str, Run] = {
    "stop": _without_words("stop", "stop|s"),
    "s": _without_words("stop", "stop|s"),
    "cont": _without_words("cont", "cont|c"),
    "c": _without_words("cont", "cont|c"),
    "quit": _without_words("quit", "quit|q"),
    "q": _without_words("quit", "quit|q"),
    "nbd_server_stop": _without_words("nbd-server-stop", "nbd_server_stop"),
    "block_job_set_speed": _set_speed,
    "block_resize": _resize,
    **{f"block_job_{verb}": _block_job(verb) for verb in ("cancel", "pause", "resume", "complete")},
}
"""Name -> what it does and prints."""


def _status(world: World) -> str:
    status: str = _ask(world, "query-status")["status"]
    running = "running" if status == "running" else "paused"
    return f"VM status: {running}" + (f" ({status})\n" if status not in ("running", "paused") else "\n")


def _name(world: World) -> str:
    return "" if world.name is None else f"{world.name}\n"


def _version(world: World) -> str:
    version = _ask(world, "query-version")
    qemu = version["qemu"]
    return f"{qemu['major']}.{qemu['minor']}.{qemu['micro']}{version['package']}\n"


def _block_jobs(world: World) -> str:
    jobs = _ask(world, "query-block-jobs")
    text = "".join(
        f"Type {job['type']}, device {job['device']}: Completed {job['offset']} of {job['len']} bytes, "
        f"speed limit {job['speed']} bytes/s\n"
        for job in jobs
    )
    return text or "No active jobs\n"


INFO: dict[str, Callable[[World], str]] = {
    "block-jobs": _block_jobs,
    "name": _name,
    "status": _status,
    "version": _version,
}
"""What ``info`` tells."""
