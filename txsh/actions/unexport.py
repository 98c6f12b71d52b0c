"""unexport: end what `export` has made."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Unexport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Unexport(call.values["node"], call.span, call.fails),)


VERB = Verb(
    verb="unexport",
    summary="End the export of a node; its bitmaps are free again.",
    params=(Param("node", Kind.NODE, "the node", operand=True, required=True),),
    steps=_steps,
    details="QEMU refuses while a client is connected.",
)
