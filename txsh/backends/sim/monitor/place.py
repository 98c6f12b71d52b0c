"""The socket's place in the file system: taken without a race, open to its owner alone, gone at the end.

Knows nothing of what is served there.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_BACKLOG = 1
"""As QEMU: one client waits, a third one is told to come back."""
_OWNER_ONLY = 0o177
_PATH_BYTES_MAX = 107
"""Source: unix(7), sockaddr_un."""


class Taken(Exception):
    """The place cannot be had; the text says why."""


class Place:
    """A listening socket while it is entered.

    Args:
        path: where; what a server that was killed left there is replaced.

    Attributes:
        listener: the socket.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._own: tuple[int, int] | None = None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> Self:
        """Take the place.

        Raises:
            Taken: somebody serves there, or something else is there, or it cannot be made.
        """
        try:
            self._take()
        except BaseException as failure:
            self._leave()
            if isinstance(failure, OSError):
                raise Taken(os.strerror(failure.errno) if failure.errno else str(failure)) from failure
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _take(self) -> None:
        if len(os.fsencode(self._path)) > _PATH_BYTES_MAX:
            raise Taken(f"its path is longer than {_PATH_BYTES_MAX} bytes, the most that a socket can have")
        folder = os.open(os.path.dirname(self._path) or ".", os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH120
        try:
            # Who looks, removes and binds does it alone, among all that serve in this folder.
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._clear()
            before = os.umask(_OWNER_ONLY)
            try:
                self.listener.bind(self._path)
            finally:
                os.umask(before)
            self._own = _identity(os.lstat(self._path))
            self.listener.listen(_BACKLOG)
        finally:
            os.close(folder)

    def _clear(self) -> None:
        """Make room where a server has left its socket behind."""
        try:
            found = os.lstat(self._path)
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(found.st_mode):
            raise Taken("there is something that is no socket")
        if _is_served(self._path):
            raise Taken("somebody serves there already")
        os.unlink(self._path)  # noqa: PTH108

    def _leave(self) -> None:
        self.listener.close()
        if self._own is None:
            return
        own, self._own = self._own, None
        try:
            # What somebody has put there meanwhile is not ours to remove.
            if _identity(os.lstat(self._path)) == own:
                os.unlink(self._path)  # noqa: PTH108
        except OSError:
            return


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _is_served(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
        visitor.setblocking(False)
        try:
            visitor.connect(path)
        except ConnectionRefusedError:
            return False
        except BlockingIOError:
            return True  # its backlog is full
    return True
