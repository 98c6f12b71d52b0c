"""wait: let time pass until jobs are where they should be."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (Wait(values.get("job", ()), values.get("for", "concluded"), values.get("timeout"), call.span, call.fails),)


VERB = Verb(
    verb="wait",
    summary="Let time pass until jobs are done; without names, every job of this script.",
    params=(
        Param("job", Kind.JOB, "the jobs to wait for", operand=True, repeated=True),
        Param("timeout", Kind.DURATION, "fail after this long, 60s if not given"),
        Param(
            "for",
            Kind.CHOICE,
            "the state to wait for, concluded if not given",
            choices=("concluded", "pending", "ready", "paused"),
        ),
    ),
    steps=_steps,
    details="A job that is gone counts as concluded.",
)
