"""speed: change how fast a job may go."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import JobCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    job = call.values["job"]
    arguments = {"device": job, "speed": call.values["rate"]}
    return (JobCommand("speed", "block-job-set-speed", job, arguments, call.span, call.fails),)


VERB = Verb(
    verb="speed",
    summary="Change how many bytes a second a job may copy; 0 is unlimited.",
    params=(
        Param("job", Kind.JOB, "the job", operand=True, required=True),
        Param("rate", Kind.SIZE, "bytes a second", operand=True, required=True, qmp=("speed",)),
    ),
    steps=_steps,
    details="On a job that is held it takes effect with 'release'.",
)
