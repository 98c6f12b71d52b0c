"""flush: flush as the guest does."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Guest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (Guest("flush", values["node"], None, None, call.span, fails=call.fails),)


VERB = Verb(
    verb="flush",
    summary="Flush as the guest.",
    params=(Param("node", Kind.NODE, "where", operand=True, required=True),),
    steps=_steps,
)
