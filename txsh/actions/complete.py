"""complete: ask QEMU to let a job that is ready come to its end."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import JobCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    job = call.values["job"]
    return (JobCommand("complete", "job-complete", job, {"id": job}, call.span, call.fails),)


VERB = Verb(
    verb="complete",
    summary="Let a job that is ready come to its end.",
    params=(Param("job", Kind.JOB, "the job", operand=True, required=True),),
    steps=_steps,
    details="A backup is never ready: QEMU refuses it in whatever state.",
)
