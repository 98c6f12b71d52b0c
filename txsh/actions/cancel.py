"""cancel: ask QEMU to cancel a job."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import JobCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    job = call.values["job"]
    return (JobCommand("cancel", "job-cancel", job, {"id": job}, call.span, call.fails),)


VERB = Verb(
    verb="cancel",
    summary="Cancel a job; with it the group that it belongs to.",
    params=(Param("job", Kind.JOB, "the job", operand=True, required=True),),
    steps=_steps,
    loses="ends",
)
