"""resume: ask QEMU to let a paused job go on."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import JobCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    job = call.values["job"]
    return (JobCommand("resume", "job-resume", job, {"id": job}, call.span, call.fails),)


VERB = Verb(
    verb="resume",
    summary="Let a paused job go on, or one that an error policy has stopped.",
    params=(Param("job", Kind.JOB, "the job", operand=True, required=True),),
    steps=_steps,
)
