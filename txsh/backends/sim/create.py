"""blockdev-create's job: makes a file, or a format on a node, and is dismissed by hand.

Its progress is 1 of 1 once it has ended, whatever came of it. Source: QEMU block/create.c.
"""

from __future__ import annotations

from errno import EINVAL, EIO

from txsh.backends.base import CommandFailed
from txsh.backends.sim.job import Job
from txsh.backends.sim.job_driver import JobDriver
from txsh.model.identifier import is_well_formed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from txsh.backends.sim.world import World

    Maker = Callable[[], Generator[None, None, None]]


class CreationFailed(Exception):
    """A creation cannot go on.

    Args:
        description: QEMU's words.
        errno: what the job ends with.
    """

    def __init__(self, description: str, errno: int = EINVAL) -> None:
        super().__init__(description)
        self.description = description
        self.errno = errno


class CreateDriver(JobDriver):
    """The work of one such job."""

    type = "create"
    is_block_job = False

    def __init__(self, make: Maker) -> None:
        self.job: Job
        self._make = make

    def run(self) -> Generator[None, None, int]:
        """Make it; what QEMU says of a failure is the job's error."""
        progress = self.job.progress
        progress.remaining = 1
        error = 0
        try:
            yield from self._make()
        except CreationFailed as failed:
            self.error_description, error = failed.description, failed.errno
        except CommandFailed as failed:
            self.error_description, error = failed.description, EIO
        progress.current, progress.remaining = 1, 0
        return error


def start_creation(world: World, job_id: str, make: Maker) -> None:
    """Make the job and let it work.

    Raises:
        CommandFailed: its id is malformed or taken.
    """
    if not is_well_formed(job_id):
        raise CommandFailed("GenericError", f"Invalid job ID '{job_id}'")
    if world.find_job(job_id) is not None:
        raise CommandFailed("GenericError", f"Job ID '{job_id}' already in use")
    driver = CreateDriver(make)
    driver.job = Job(world, job_id, driver, None, auto_finalize=True, auto_dismiss=False)
    driver.job.start()
