"""The job-* and block-job-* verbs. Source: QEMU job-qmp.c, blockdev.c."""

from __future__ import annotations

from txsh.backends.base import CommandFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from txsh.backends.sim.job import Job
    from txsh.backends.sim.world import World


def _cancel(job: Job) -> None:
    job.user_cancel()


def _complete(job: Job) -> None:
    job.apply_verb("complete")


VERBS: dict[str, Callable[[Job], None]] = {
    "cancel": _cancel,
    "pause": lambda job: job.user_pause(),
    "resume": lambda job: job.user_resume(),
    "finalize": lambda job: job.finalize(),
    "dismiss": lambda job: job.dismiss(),
    "complete": _complete,
}


def _job_verb(verb: str) -> Callable[[World, Mapping[str, Any]], dict[str, Any]]:
    def run(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
        job = world.find_job(arguments["id"])
        if job is None:
            raise CommandFailed("GenericError", "Job not found")
        VERBS[verb](job)
        return {}

    return run


def _block_job_verb(verb: str) -> Callable[[World, Mapping[str, Any]], dict[str, Any]]:
    def run(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
        job = _block_job(world, arguments.get("id", arguments.get("device", "")))
        if verb == "cancel" and job.user_paused and not arguments.get("force", False):
            raise CommandFailed("GenericError", f"The block job for device '{job.id}' is currently paused")
        VERBS[verb](job)
        return {}

    return run


def _block_job(world: World, job_id: str) -> Job:
    job = world.find_job(job_id)
    if job is None or not job.driver.is_block_job:
        raise CommandFailed("DeviceNotActive", f"Block job '{job_id}' not found")
    return job


def set_speed(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Change the rate limit of a job.

    Raises:
        CommandFailed: unknown, in a state that does not accept it, or a negative speed.
    """
    _block_job(world, arguments["device"]).set_speed(arguments["speed"])
    return {}


def change(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """V10: change an option of a job, which no job of the model has. Source: QEMU blockjob.c, block_job_change_locked.

    Raises:
        CommandFailed: always.
    """
    _block_job(world, arguments["id"]).apply_verb("change")
    raise CommandFailed("GenericError", "Job type does not support change")


COMMANDS = {
    **{f"job-{verb}": _job_verb(verb) for verb in VERBS},
    **{f"block-job-{verb}": _block_job_verb(verb) for verb in VERBS},
    "block-job-set-speed": set_speed,
    "block-job-change": change,
}
