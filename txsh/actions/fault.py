"""fault: make the next matching access to a node fail."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (
        Fault(
            node=values["node"],
            operation=values["operation"],
            at_bytes=values.get("at"),
            after=values.get("after", 0),
            errno=values.get("errno", "EIO"),
            once=values.get("once", False),
            span=call.span,
            fails=call.fails,
        ),
    )


VERB = Verb(
    verb="fault",
    summary="Let matching accesses to a node fail, until 'unfault'; the guest's own too.",
    params=(
        Param("node", Kind.NODE, "where", operand=True, required=True),
        Param(
            "operation",
            Kind.CHOICE,
            "what fails; write includes writing zeroes",
            operand=True,
            required=True,
            choices=("read", "write", "flush"),
        ),
        Param("at", Kind.SIZE, "only accesses that touch this byte"),
        Param("after", Kind.INTEGER, "let this many pass first"),
        Param("errno", Kind.ERRNO, "the error, EIO if not given"),
        Param("once", Kind.BOOLEAN, "fail one access only"),
    ),
    steps=_steps,
    loses="fails guest I/O of",
)
