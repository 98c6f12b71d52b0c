"""qmp: one command of QMP, as it is."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Qmp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (Qmp(values["command"], values["arguments"], call.span, call.spans, call.fails),)


VERB = Verb(
    verb="qmp",
    summary="Send one command of QMP as it is, checked by the schema of that QEMU.",
    params=(
        Param(
            "command",
            Kind.STRING,
            'the command, or all of it: {"execute": ..., "arguments": ...}',
            operand=True,
            required=True,
        ),
        Param("arguments", Kind.MEMBERS, "its arguments, each read by its type; nested members are dotted"),
    ),
    steps=_steps,
    raw=True,
    details="""\
Each value is read by the type that the schema gives its member: name=0123 of a string stays 0123, size=64K of a number
is 65536. Lists and objects are written as in JSON. 'expect reply' looks at what came back, an error included.

Jobs that it starts are followed like any; nodes that it makes can be named from then on. Names are QEMU's own here: a
fault over a target is not in the way of a job that is started so.

A script is somebody else's program, so on a simulated or launched QEMU commands that reach beyond the run's own folder
are refused: other commands than those of the block layer, paths and protocols instead of plain file names.""",
)
