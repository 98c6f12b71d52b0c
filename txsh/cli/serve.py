"""``txsh serve --socket PATH``: the simulated QEMU for any QMP client."""

from __future__ import annotations

import gc
import os
import socket
import sys

from txsh.cli.arguments import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.base import BackendLost
    from txsh.backends.sim.backend import SimBackend
    from txsh.cli.arguments import Arguments
    from txsh.cli.interrupt import Interrupt
    from txsh.cli.output import Output

PROGRAMS = ("qemu-system", "qsd")
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""A backup makes and drops thousands of objects; Python's own limit of 700 doubles what it costs."""
_CALLS_MAX = 20_000
"""QEMU takes arguments that are nested a thousand deep; the model goes through them by recursion."""


def main(arguments: Arguments, output: Output) -> int:
    """Serve until a client sends ``quit``, the model dies as the real one would, or a signal comes.

    Raises:
        UsageError: an option is missing or wrong.
    """
    from txsh.backends.base import BackendLost, NotSimulated
    from txsh.backends.sim.monitor.place import Place, Taken
    from txsh.cli.code import UNREACHABLE
    from txsh.cli.interrupt import Interrupt
    from txsh.cli.message import complain

    backend = _backend_of(arguments)
    backend.disk.is_folder = os.path.isdir
    sys.setrecursionlimit(_CALLS_MAX)
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    assert arguments.socket is not None
    with Interrupt() as interrupt:
        try:
            with Place(arguments.socket) as place:
                backend.boot()
                output.write(_announcement(arguments, backend))
                return _serve(backend, place.listener, interrupt, output)
        except Taken as taken:
            complain(output, f"cannot serve on {arguments.socket}: {taken}")
        except (BackendLost, NotSimulated) as failure:
            complain(output, str(failure))
    return UNREACHABLE


def _serve(backend: SimBackend, listener: socket.socket, interrupt: Interrupt, output: Output) -> int:
    from txsh.backends.base import BackendHung, BackendLost
    from txsh.backends.sim.monitor.server import Server
    from txsh.cli.code import UNREACHABLE
    from txsh.cli.interrupt import code_of
    from txsh.cli.message import complain

    bell, rope = socket.socketpair()
    with bell, rope:
        server = Server(backend, listener, bell)

        def end() -> None:
            server.halt()
            rope.send(b"!")

        interrupt.react = end
        if interrupt.number:
            end()  # it came before anybody listened
        code = 0
        try:
            server.run()
        except BackendHung as lost:
            complain(
                output, f"{lost.description}: {_command_of(lost)}", "no client gets an answer any more; Ctrl-C ends it"
            )
            code = UNREACHABLE
            server.stay_mute()
        except BackendLost as lost:
            complain(output, f"{lost.description}: {_command_of(lost)}")
            code = UNREACHABLE
        interrupt.react = server.halt  # it ends already
        server.close()
    return code or (code_of(interrupt.number) if interrupt.number else 0)


def _command_of(lost: BackendLost) -> str:
    return f"after the command {lost.unknown}" if lost.unknown else "between two commands"


def _backend_of(arguments: Arguments) -> SimBackend:
    from txsh.backends.sim.backend import SimBackend
    from txsh.backends.sim.profile import DEFAULT
    from txsh.cli.backend import read_profile

    if arguments.operands and not arguments.operands[0].startswith("-"):
        raise UsageError(f"unexpected '{arguments.operands[0]}'", "txsh serve --socket PATH")
    if arguments.backend is not None:
        raise UsageError("serve is about the simulator alone", "choose it by --profile VERSION and --program NAME")
    if not arguments.socket:
        raise UsageError("no socket to serve on", "txsh serve --socket PATH")
    if "/" not in arguments.socket and arguments.socket.rpartition(":")[2].isdecimal() and ":" in arguments.socket:
        raise UsageError(
            f"'{arguments.socket}' reads as HOST:PORT, and the simulator serves on Unix sockets only",
            f"./{arguments.socket} is the path of one",
        )
    program = arguments.program or PROGRAMS[0]
    if program not in PROGRAMS:
        raise UsageError(f"no program is called '{program}'", f"use {' or '.join(PROGRAMS)}")
    version = DEFAULT.version if arguments.profile is None else read_profile(arguments.profile)
    return SimBackend(version, program, arguments=arguments.operands)


def _announcement(arguments: Arguments, backend: SimBackend) -> str:
    version = f"{backend.version[0]}.{backend.version[1]}"
    if arguments.format == "json":
        import json

        return json.dumps({"serving": arguments.socket, "program": backend.program, "profile": version}) + "\n"
    return f"serving a simulated {backend.program} {version} on {arguments.socket}; Ctrl-C ends it\n"
