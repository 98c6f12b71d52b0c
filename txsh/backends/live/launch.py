"""Launch a throw-away QEMU: find the program, start it hermetically, connect.

Nothing of the machine's or the user's configuration is read, there is no network, no device, no display. QMP goes over
a socket pair that both ends inherit: no file, no waiting for a listener, nobody else can connect.
"""

from __future__ import annotations

import platform
import shutil
import socket
from pathlib import Path

from txsh.backends.base import BackendLost, HostUnable
from txsh.backends.live.backend import LiveBackend
from txsh.backends.live.connection import TIME_LIMIT_SECONDS, Connection
from txsh.backends.live.export import SOCKET_FILE
from txsh.backends.live.host import LaunchedHost
from txsh.backends.live.process import new_folder, start

__all__ = ["LiveBackend", "launch"]

_ARCHITECTURES = {"arm64": "aarch64", "amd64": "x86_64", "i686": "i386", "ppc64le": "ppc64"}
_PACKAGES = {
    "qemu-system": "Debian and Ubuntu have it in qemu-system, Fedora in qemu-system-x86",
    "qsd": "Debian and Ubuntu have it in qemu-system-common, Fedora in qemu-img",
}
_NAMES = {"qemu-system": "qemu", "qsd": "qsd"}


async def launch(
    program: str,
    *,
    path: str | None = None,
    keep: bool = False,
    time_limit_seconds: float = TIME_LIMIT_SECONDS,
) -> LiveBackend:
    """Start a QEMU of our own and connect to it.

    Args:
        program: ``qemu-system`` or ``qsd``.
        path: the binary; None: the one on the PATH.
        keep: leave the private folder behind (`LiveBackend.folder`), with images that were closed cleanly.
        time_limit_seconds: for the start, for each command and for each guest request.

    Raises:
        HostUnable: there is no such program (``no-qemu``).
        BackendLost: it ended at once, or does not speak QMP.
    """
    binary = path or _find(program)
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = start(
                _command(binary, program, theirs.fileno()),
                new_folder(SOCKET_FILE),
                [theirs.fileno()],
                program=Path(binary).name,
                keep=keep,
            )
        connection = Connection(process.explain, time_limit_seconds=time_limit_seconds)
        host = LaunchedHost(connection, process.folder, time_limit_seconds)
        backend = LiveBackend(_NAMES[program], program, connection, host, process)
        try:
            await connection.open(ours)
        except BackendLost as loss:
            await backend.close()
            raise BackendLost(f"QEMU did not start: {loss.description}") from loss.__cause__
        except BaseException:
            await backend.close()
            raise
    except BaseException:
        ours.close()
        raise
    backend.version = connection.version
    return backend


def _find(program: str) -> str:
    """The path of a program.

    Raises:
        HostUnable: it is not installed.
    """
    machine = platform.machine()
    name = f"qemu-system-{_ARCHITECTURES.get(machine, machine)}" if program == "qemu-system" else "qemu-storage-daemon"
    found = shutil.which(name)
    if found is None:
        raise HostUnable("no-qemu", f"there is no {name} on the PATH", _PACKAGES[program])
    return found


def _command(binary: str, program: str, descriptor: int) -> list[str]:
    channel = f"socket,id=qmp,fd={descriptor},server=off"
    if program == "qsd":
        return [binary, "--chardev", channel, "--monitor", "chardev=qmp"]
    return [
        *(binary, "-no-user-config", "-nodefaults", "-machine", "none", "-display", "none", "-nic", "none"),
        *("-chardev", channel, "-mon", "chardev=qmp,mode=control"),
    ]
