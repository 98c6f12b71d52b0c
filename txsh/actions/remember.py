"""remember: keep what a node holds now, to compare later."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Remember(call.values["name"], call.values["node"], call.span, call.fails),)


VERB = Verb(
    verb="remember",
    summary="Keep what a node holds now under a name, for 'expect data ... same='.",
    params=(
        Param("name", Kind.NEW_CONTENT, "the name; one name space with the nodes", operand=True, required=True),
        Param("node", Kind.NODE, "the node", operand=True, required=True),
    ),
    steps=_steps,
)
