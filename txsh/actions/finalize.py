"""finalize: ask QEMU to let a pending job come to its end."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import JobCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    job = call.values["job"]
    return (JobCommand("finalize", "job-finalize", job, {"id": job}, call.span, call.fails),)


VERB = Verb(
    verb="finalize",
    summary="Let a job of auto-finalize=false that is pending come to its end.",
    params=(Param("job", Kind.JOB, "the job", operand=True, required=True),),
    steps=_steps,
    details=(
        "A job of completion-mode=grouped takes all of its group with it. "
        "With cancel=jobs or cancel=all the group finalizes its jobs."
    ),
)
