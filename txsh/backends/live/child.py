"""A child process: waiting for its end without blocking the event loop, and saying how it ended.

Every child leads a process group of its own, so Ctrl-C at a terminal reaches txsh alone, which then ends things in
order.
"""

from __future__ import annotations

import asyncio
import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess


class End:
    """The end of a child, watched by the running event loop until it has come or `close`.

    Raises:
        OSError: it cannot be watched.
    """

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._watched: int | None = os.pidfd_open(child.pid)
        try:
            self._loop.add_reader(self._watched, self._note)
        except BaseException:
            self.close()
            raise

    async def wait(self, seconds: float | None) -> int | None:
        """Wait for it; returns the exit status as `subprocess` has it, None when it has not come in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return None
        return self._child.returncode

    def kill(self) -> None:
        """Kill the child if it is still there, and wait for its end; may be called twice, and without a loop."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()
        self._note()

    def close(self) -> None:
        """Watch no longer; may be called twice."""
        if self._watched is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._watched)
            os.close(self._watched)
            self._watched = None

    def _note(self) -> None:
        self._child.poll()
        self.close()
        self._ended.set()


def describe(status: int) -> str:
    """An exit status in words, after the program's name."""
    return f"was killed by {_signal_name(-status)}" if status < 0 else f"exited with code {status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
