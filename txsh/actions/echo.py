"""echo: print a text."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Echo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Echo(call.values["text"], call.span, call.fails),)


VERB = Verb(
    verb="echo",
    summary="Print a text.",
    params=(Param("text", Kind.STRING, "the text, in quotes when it has spaces", operand=True, required=True),),
    steps=_steps,
    refusable=False,
)
