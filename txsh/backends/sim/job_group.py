"""Jobs that live or die together: all become pending, or all are aborted. Source: QEMU job.c, JobTxn."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.backends.sim.job import Job


class Group:
    """One such group; a job that belongs to no other is alone in one.

    Attributes:
        jobs: those that have not come to their end, the newest first.
    """

    __slots__ = ("_is_aborting", "jobs")

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self._is_aborting = False

    def succeeded(self) -> None:
        """One more is waiting: when all are, they become pending. Source: job_completed_txn_success_locked."""
        if not all(job.completed for job in self.jobs):
            return
        for job in list(self.jobs):
            job.transition("pending")
            if not job.auto_finalize:
                job.world.emit("BLOCK_JOB_PENDING", {"type": job.driver.type, "id": job.id})
        if all(job.auto_finalize for job in self.jobs):
            self.finalize()

    def finalize(self) -> None:
        """Let each come to its end. Source: job_do_finalize_locked."""
        for job in list(self.jobs):
            job.finalize_single()

    def abort(self, culprit: Job) -> None:
        """Cancel all others, then end each one, in the order of the group. Source: job_completed_txn_abort_locked."""
        if self._is_aborting:
            return
        self._is_aborting = True
        culprit.hold()
        for job in self.jobs:
            if job is not culprit:
                job.cancel_async()
        while self.jobs:
            job = self.jobs[0]
            if not job.completed:
                job.finish_sync()
            job.finalize_single()
        culprit.let_go()
