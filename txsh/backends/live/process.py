"""A QEMU process of our own: its private folder, its start, how it ended, its end.

Knows no QMP. The folder has mode 0700 and holds everything the run writes. The process is the leader of its own
process group, so Ctrl-C at a terminal reaches txsh alone, which then ends its groups in order.

When txsh itself is killed by SIGKILL, the kernel kills QEMU (PR_SET_PDEATHSIG); the folder then stays behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from txsh.backends.base import HostUnable
from txsh.backends.live.child import End, describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

    from txsh.backends.live.wrapping import Wrapping

SOCKET_PATH_BYTES_MAX = 107
"""What fits into a Unix socket's address. Source: unix(7)."""

_ERRORS_FILE = ".stderr"
_ERRORS_BYTES_MAX = 64 * 1024
"""More of what QEMU says is no reading matter: the middle is left out."""

_GRACE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


class Process:
    """A launched QEMU.

    Attributes:
        folder: its private folder, also its working directory.
        pid: its id, or that of the program that it runs under.
    """

    def __init__(
        self, folder: Path, child: subprocess.Popen[bytes], program: str, *, keep: bool, wrapping: Wrapping | None
    ) -> None:
        self.folder = folder
        self.pid = child.pid
        self._child = child
        self._program = program
        self._keep = keep
        self._wrapping = wrapping
        self._errors: str | None = None
        try:
            self._end = End(child)
        except BaseException:
            child.kill()
            child.wait()
            raise

    @property
    def errors(self) -> str:
        """What QEMU wrote to its standard error and output, where its own complaints are; "" for nothing.

        Of much of it the first and the last part. It can still be asked for after `close`.
        """
        return self._read_errors() if self._errors is None else self._errors

    async def explain(self) -> str | None:
        """How the process ended, with the last line that it wrote; None when it has not ended."""
        status = await self._end.wait(1)  # its sockets close a little before the process is gone
        if status is None:
            return None
        words = self.errors.splitlines()[-1:]
        return ": ".join((f"{self._program} {describe(status)}", *words))

    async def close(self) -> None:
        """End the process and remove its folder; may be called twice."""
        try:
            if self._keep and self._child.poll() is None:
                # Only a clean end stores persistent bitmaps and what the image formats cache.
                self._child.terminate()
                await self._end.wait(_GRACE_SECONDS)
        finally:
            if self._wrapping is not None:
                self._wrapping.kill_all(self.pid)
                self._wrapping = None
            self._end.kill()
        self._errors = self.errors
        if not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _read_errors(self) -> str:
        with suppress(OSError), (self.folder / _ERRORS_FILE).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if size <= _ERRORS_BYTES_MAX:
                return file.read().decode(errors="replace").strip()
            first = file.read(_ERRORS_BYTES_MAX // 2)
            file.seek(size - _ERRORS_BYTES_MAX // 2)
            cut = f"\n[{size - _ERRORS_BYTES_MAX} bytes are left out here]\n"
            return (first.decode(errors="replace") + cut + file.read().decode(errors="replace")).strip()
        return ""


def new_folder(longest_name: str) -> Path:
    """Make a private folder in which a socket of that name can lie.

    Raises:
        HostUnable: there is no place for one.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="txsh-"))
        if len(os.fsencode(folder / longest_name)) > SOCKET_PATH_BYTES_MAX:
            folder.rmdir()
            folder = Path(tempfile.mkdtemp(prefix="txsh-", dir="/tmp"))
    except OSError as error:
        advice = "TMPDIR names the folder in which it is made"
        raise HostUnable("no-folder", f"cannot make a private folder for QEMU: {error.strerror}", advice) from error
    return folder


def start(
    command: Sequence[str],
    folder: Path,
    inherited: Sequence[int],
    *,
    program: str,
    keep: bool = False,
    wrapping: Wrapping | None = None,
) -> Process:
    """Start a process in its folder; the folder is removed when that fails.

    Args:
        inherited: descriptors that the process keeps open.
        program: its name for messages.
        keep: leave the folder behind at the end.
        wrapping: given when the command is another program that starts QEMU.

    Raises:
        HostUnable: it cannot be started.
    """
    try:
        with (folder / _ERRORS_FILE).open("wb") as errors:
            child = _spawn(command, folder, inherited, errors, wrapping)
        return Process(folder, child, program, keep=keep, wrapping=wrapping)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise HostUnable("no-qemu", f"cannot start {command[0]}: {error.strerror}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _spawn(
    command: Sequence[str], folder: Path, inherited: Sequence[int], errors: IO[bytes], wrapping: Wrapping | None
) -> subprocess.Popen[bytes]:
    at_terminal = wrapping is not None and wrapping.at_terminal
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=None if at_terminal else subprocess.DEVNULL,
        stdout=None if at_terminal else errors,
        stderr=None if at_terminal else errors,
        pass_fds=inherited,
        process_group=0,
        preexec_fn=_before_it_runs(wrapping),  # noqa: PLW1509  # nothing else runs threads that could hold a lock here
    )


def _before_it_runs(wrapping: Wrapping | None) -> Callable[[], None]:
    """What the child does before it becomes QEMU: ask the kernel to kill it when its parent dies."""
    import ctypes  # noqa: PLC0415  # only a launch needs it

    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        if wrapping is not None:
            wrapping.begin()

    return ask
