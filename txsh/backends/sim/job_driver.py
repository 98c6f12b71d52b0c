"""What differs between kinds of jobs: the hooks that a job calls, and how far it is.

Source: QEMU include/qemu/job.h, JobDriver.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator


class Progress:
    """How far a job is, in bytes."""

    __slots__ = ("current", "remaining")

    def __init__(self) -> None:
        self.current = 0
        self.remaining = 0

    @property
    def total(self) -> int:
        """All there is to do, as far as known."""
        return self.current + self.remaining


class JobDriver:
    """What a kind of job does; the hooks that QEMU calls.

    Attributes:
        is_block_job: it works on nodes: the block-job commands know it, and BLOCK_JOB events tell of it.
        error_description: what it says of its failure, None for the text of its errno.
    """

    type = ""
    blocker = ""
    is_block_job = True
    error_description: str | None = None

    def run(self) -> Generator[None, None, int]:
        """The work; 0 or an errno."""
        yield from ()
        return 0

    def pause(self) -> Generator[None, None, None]:
        """About to pause."""
        yield from ()

    def cancel(self) -> None:
        """About to be cancelled."""

    def commit(self) -> None:
        """The job is done for good."""

    def abort(self) -> None:
        """The job has failed or was cancelled."""

    def clean(self) -> None:
        """Whatever the end, leave the graph."""

    def set_speed(self, speed: int) -> None:
        """The rate limit has changed."""

    def settle(self) -> None:
        """Somebody may look at it or disturb it now."""
