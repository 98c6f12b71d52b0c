"""show: print what there is."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Show(call.values.get("what"), call.span, call.fails),)


VERB = Verb(
    verb="show",
    summary="Print bitmaps, jobs, nodes or events, or one node or job; without a word, all of it.",
    params=(
        Param(
            "what",
            Kind.TOPIC,
            "what to print, or the name of a node or job",
            operand=True,
            choices=("bitmaps", "jobs", "nodes", "events"),
        ),
    ),
    steps=_steps,
    refusable=False,
)
