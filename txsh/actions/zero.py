"""zero: write zeroes as the guest does."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Guest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (
        Guest(
            "zero", values["node"], values["range"], None, call.span, unmap=values.get("unmap", False), fails=call.fails
        ),
    )


VERB = Verb(
    verb="zero",
    summary="Write zeroes as the guest.",
    params=(
        Param("node", Kind.NODE, "where", operand=True, required=True),
        Param("range", Kind.RANGE, "OFFSET+LENGTH", operand=True, required=True),
        Param("unmap", Kind.BOOLEAN, "let the image give the space back"),
    ),
    steps=_steps,
    loses="overwrites",
)
