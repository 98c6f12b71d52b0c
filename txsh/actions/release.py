"""release: let a held backup go on."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Release(call.values["job"], call.span, call.fails),)


VERB = Verb(
    verb="release",
    summary="Let a backup that hold= stopped go on.",
    params=(Param("job", Kind.JOB, "the job", operand=True, required=True),),
    steps=_steps,
)
