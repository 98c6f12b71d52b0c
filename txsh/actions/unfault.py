"""unfault: take the faults of a node away."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Unfault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Unfault(call.values["node"], call.span, call.fails),)


VERB = Verb(
    verb="unfault",
    summary="Take all faults of a node away.",
    params=(Param("node", Kind.NODE, "where", operand=True, required=True),),
    steps=_steps,
)
