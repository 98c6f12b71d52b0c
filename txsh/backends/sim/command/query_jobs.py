"""query-jobs and query-block-jobs. Source: QEMU job-qmp.c, blockjob.c."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.job import Job
    from txsh.backends.sim.world import World


def query_jobs(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG001  # it has none
    """All jobs, newest first."""
    return [_job_info(job) for job in world.jobs]


def query_block_jobs(world: World, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG001  # none
    """The block jobs, newest first."""
    return [_block_job_info(job) for job in world.jobs if job.driver.is_block_job]


def _job_info(job: Job) -> dict[str, Any]:
    info: dict[str, Any] = {
        "current-progress": job.progress.current,
        "status": job.status,
        "total-progress": job.progress.total,
        "type": job.driver.type,
        "id": job.id,
    }
    if job.error:
        info["error"] = job.error_text
    return info


def _block_job_info(job: Job) -> dict[str, Any]:
    info: dict[str, Any] = {
        "auto-finalize": job.auto_finalize,
        "io-status": job.io_status,
        "device": job.id,
        "auto-dismiss": job.auto_dismiss,
        "busy": job.busy,
        "len": job.progress.total,
        "offset": job.progress.current,
        "status": job.status,
        "paused": job.pause_count > 0,
        "speed": job.speed,
        "ready": False,
        "type": job.driver.type,
    }
    if job.error:
        info["error"] = job.error_text
    return info


COMMANDS = {"query-jobs": query_jobs, "query-block-jobs": query_block_jobs}
