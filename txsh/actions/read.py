"""read: read as the guest does."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Guest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (Guest("read", values["node"], values["range"], values.get("pattern"), call.span, fails=call.fails),)


VERB = Verb(
    verb="read",
    summary="Read as the guest; with pattern=, every byte must be that one.",
    params=(
        Param("node", Kind.NODE, "where", operand=True, required=True),
        Param("range", Kind.RANGE, "OFFSET+LENGTH", operand=True, required=True),
        Param("pattern", Kind.BYTE, "the byte that must be there"),
    ),
    steps=_steps,
)
