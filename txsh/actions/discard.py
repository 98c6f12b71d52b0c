"""discard: discard a range as the guest does."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Guest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (Guest("discard", values["node"], values["range"], None, call.span, fails=call.fails),)


VERB = Verb(
    verb="discard",
    summary="Discard as the guest; a node without discard=unmap drops the request.",
    params=(
        Param("node", Kind.NODE, "where", operand=True, required=True),
        Param("range", Kind.RANGE, "OFFSET+LENGTH", operand=True, required=True),
    ),
    steps=_steps,
    loses="discards data of",
)
