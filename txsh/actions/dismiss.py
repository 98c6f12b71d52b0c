"""dismiss: ask QEMU to forget a job that has ended."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import JobCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    job = call.values["job"]
    return (JobCommand("dismiss", "job-dismiss", job, {"id": job}, call.span, call.fails),)


VERB = Verb(
    verb="dismiss",
    summary="Forget a job of auto-dismiss=false that has ended.",
    params=(Param("job", Kind.JOB, "the job", operand=True, required=True),),
    steps=_steps,
    loses="takes away",
)
