"""Launch a throw-away QEMU: start it hermetically, connect.

Nothing of the machine's or the user's configuration is read, there is no network, no device, no display. QMP goes over
a socket pair that both ends inherit: no file, no waiting for a listener, nobody else can connect.
"""

from __future__ import annotations

import socket
from pathlib import Path

from txsh.backends.base import BackendLost, HostUnable
from txsh.backends.live.backend import LaunchedBackend
from txsh.backends.live.connection import TIME_LIMIT_SECONDS, Connection
from txsh.backends.live.export import SOCKET_FILE
from txsh.backends.live.host import LiveHost
from txsh.backends.live.process import new_folder, start
from txsh.backends.live.program import find_programs
from txsh.backends.live.wrapping import Wrapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LaunchedBackend", "NotStarted", "launch"]

WRAPPED_TIME_LIMIT_SECONDS = 3600.0
"""How long an answer may take of a QEMU that runs under a debugger or another tool."""

_NAMES = {"qemu-system": "qemu", "qsd": "qsd"}


class NotStarted(BackendLost):
    """A process that was launched did not become a QEMU that answers; `said` is all that it wrote."""

    def __init__(self, description: str, said: str) -> None:
        super().__init__(description)
        self.said = said


async def launch(
    program: str,
    *,
    path: str | None = None,
    wrapper: Sequence[str] = (),
    at_terminal: bool = False,
    keep: bool = False,
    time_limit_seconds: float = TIME_LIMIT_SECONDS,
) -> LaunchedBackend:
    """Start a QEMU of our own and connect to it.

    Args:
        program: ``qemu-system`` or ``qsd``.
        path: the binary, or a folder that has it; None: the one on the PATH.
        wrapper: the words of a command that starts it, such as ``gdb --args``.
        at_terminal: the wrapper talks with its user on our terminal.
        keep: leave the private folder behind (`LaunchedBackend.folder`), with images that were closed cleanly.
        time_limit_seconds: for the start, for each command and for each guest request.

    Raises:
        HostUnable: there is no such program (``no-qemu``, ``wrong-qemu``, ``no-wrapper``).
        NotStarted: it ended at once, or does not speak QMP.
    """
    programs = find_programs(program, path)
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = start(
                [*_wrapper(wrapper), *_command(programs.binary, program, theirs.fileno())],
                new_folder(SOCKET_FILE),
                [theirs.fileno()],
                program=Path(wrapper[0] if wrapper else programs.binary).name,
                keep=keep,
                wrapping=Wrapping(at_terminal=at_terminal) if wrapper else None,
            )
        connection = Connection(process.explain, time_limit_seconds=time_limit_seconds)
        host = LiveHost(connection, process.folder, time_limit_seconds, image_tool=programs.image_tool)
        backend = LaunchedBackend(_NAMES[program], program, connection, host, process)
        try:
            await connection.open(ours)
        except BackendLost as loss:
            await backend.close()
            raise NotStarted(f"QEMU did not start: {loss.description}", process.errors) from loss.__cause__
        except BaseException:
            await backend.close()
            raise
    except BaseException:
        ours.close()
        raise
    backend.version = connection.version
    return backend


def _wrapper(words: Sequence[str]) -> list[str]:
    """The wrapper with its program's whole path: the process starts in another folder.

    Raises:
        HostUnable: there is no such program.
    """
    if not words:
        return []
    import shutil  # noqa: PLC0415  # only a wrapper needs it

    found = shutil.which(words[0])
    if found is None:
        raise HostUnable("no-wrapper", f"there is no program {words[0]} to start QEMU with", "see --wrapper")
    return [str(Path(found).absolute()), *words[1:]]


def _command(binary: str, program: str, descriptor: int) -> list[str]:
    channel = f"socket,id=qmp,fd={descriptor},server=off"
    if program == "qsd":
        return [binary, "--chardev", channel, "--monitor", "chardev=qmp"]
    return [
        *(binary, "-no-user-config", "-nodefaults", "-machine", "none", "-display", "none", "-nic", "none"),
        # Source: 11.1 warns of -mon, which is deprecated there.
        *("-chardev", channel, "-qmp", "chardev:qmp"),
    ]
