"""What block copy deals in: chunks under way, and calls that copy whatever is dirty in a range.

Source: QEMU block/block-copy.c.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from txsh.backends.sim.loop import Coroutine

WORKERS = 64


class Task:
    """One chunk under way."""

    __slots__ = ("end", "method", "start", "waiters", "zero")

    def __init__(self, start: int, end: int, method: str) -> None:
        self.start = start
        self.end = end
        self.method = method
        self.zero = False
        self.waiters: list[Coroutine] = []


class CopyCall:
    """One call: copy whatever is dirty in a range.

    Attributes:
        error: the first errno, 0 for none.
        error_is_read: whether that was a read.
        sleeper: wakes it from its rate limit's sleep, None when it does not sleep.
        settle: turns what it copies as one into chunks, None when it copies chunk by chunk.
    """

    __slots__ = (
        "callback",
        "cancelled",
        "end",
        "error",
        "error_is_read",
        "finished",
        "ignore_limit",
        "max_chunk",
        "max_workers",
        "settle",
        "sleeper",
        "start",
    )

    def __init__(
        self,
        start: int,
        end: int,
        *,
        max_workers: int = WORKERS,
        max_chunk: int = 0,
        ignore_limit: bool = False,
        callback: Callable[[], None] | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.max_workers = max_workers
        self.max_chunk = max_chunk
        self.ignore_limit = ignore_limit
        self.callback = callback
        self.finished = False
        self.cancelled = False
        self.error = 0
        self.error_is_read = False
        self.sleeper: Callable[[], None] | None = None
        self.settle: Callable[[], None] | None = None

    def kick(self) -> None:
        """Wake it from its rate limit's sleep."""
        if self.sleeper is not None:
            self.sleeper()

    def cancel(self) -> None:
        """Start no further chunk."""
        self.cancelled = True
        if self.settle is not None:
            self.settle()
        self.kick()

    @property
    def failed(self) -> bool:
        """Whether it has come to an end by an error."""
        return self.finished and not self.cancelled and self.error != 0

    @property
    def succeeded(self) -> bool:
        """Whether it has copied all there was."""
        return self.finished and not self.cancelled and self.error == 0
