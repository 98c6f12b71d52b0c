"""One run of txsh as a process of its own, watched from outside: what it leaves behind is seen, not asked for."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.cli.command import CHECKOUT, command, environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

LIMIT_SECONDS = 60
"""No step of a test takes so long; a test that waits longer has failed."""


def read_some(descriptor: int) -> bytes:
    """What comes next, b"" at the end."""
    readable, _, _ = select.select([descriptor], [], [], LIMIT_SECONDS)
    assert readable, "nothing comes any more"
    return os.read(descriptor, 65536)


class Run:
    """A running ``txsh run -``, whose private folders are made in a folder that only this run uses.

    Args:
        text: the script.
        words: further words of the command line.
        operands: what to run instead of the text.
        temporary: the folder for temporary files; None: one of its own.
        terminal: a terminal that is to be the controlling one of the process.
        variables: of its environment.

    Attributes:
        folder: where its private folders are.
        output: what was read of its standard output so far.
    """

    def __init__(
        self,
        text: str,
        *words: str,
        operands: Sequence[str] = ("-",),
        temporary: Path | None = None,
        terminal: int | None = None,
        **variables: str,
    ) -> None:
        # Short: the address of a Unix socket holds 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
        self.output = ""
        self.process = subprocess.Popen(
            command(*words, "run", *operands),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=CHECKOUT,
            env=environment(TMPDIR=str(temporary or self.folder), **variables),
            start_new_session=terminal is not None,
            preexec_fn=None if terminal is None else lambda: take_terminal(terminal),  # noqa: PLW1509  # no threads
        )
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.close()
        self.process.stdin = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        self.process.wait()
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder)

    def read_to(self, part: str) -> None:
        """Wait until its standard output holds this."""
        assert self.process.stdout is not None
        while part not in self.output:
            data = read_some(self.process.stdout.fileno())
            assert data, f"it ended before it said {part!r}: {self.output}"
            self.output += data.decode()

    def children(self) -> list[int]:
        """Every process, zombies too, that works in its folder or is its child."""
        processes = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
        return [int(process.name) for process in processes if self._is_ours(process)]

    def signal_children(self, number: signal.Signals) -> None:
        """Send a signal to what it launched; a qemu-img may have come to its end meanwhile."""
        pids = self.children()
        assert pids
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self) -> tuple[int, str, str]:
        """Wait for its end; its exit code, all of its standard output, and its standard error."""
        output, error = self.process.communicate(timeout=LIMIT_SECONDS)
        self.output += output.decode()
        return self.process.returncode, self.output, error.decode()

    def left(self) -> list[str]:
        """What is left of it, after its end: files and processes."""
        return [*map(str, self.folder.iterdir()), *map(str, self.children())]

    def _is_ours(self, process: Path) -> bool:
        try:
            if (process / "cwd").readlink().is_relative_to(self.folder):
                return True
            status = (process / "status").read_text()
        except OSError:
            return False
        return f"\nPPid:\t{self.process.pid}\n" in status


def take_terminal(terminal: int) -> None:
    """Make it the controlling terminal of this session, whose leader we are."""
    import fcntl  # noqa: PLC0415  # only the child needs it
    import termios  # noqa: PLC0415  # the same

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
