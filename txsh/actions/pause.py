"""pause: ask QEMU to stop a job where it is."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import JobCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    job = call.values["job"]
    return (JobCommand("pause", "job-pause", job, {"id": job}, call.span, call.fails),)


VERB = Verb(
    verb="pause",
    summary="Pause a job until 'resume'.",
    params=(Param("job", Kind.JOB, "the job", operand=True, required=True),),
    steps=_steps,
    details="A job that is held may be paused, too: then it takes a release and a resume to go on.",
)
