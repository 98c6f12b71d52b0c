"""write: write one repeated byte as the guest does."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Guest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step

_PATTERN = 0xCD
"""What qemu-io writes when it is told nothing else. Source: qemu-io-cmds.c, write_f."""


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    return (
        Guest("write", values["node"], values["range"], values.get("pattern", _PATTERN), call.span, fails=call.fails),
    )


VERB = Verb(
    verb="write",
    summary="Write as the guest: one byte, repeated.",
    params=(
        Param("node", Kind.NODE, "where", operand=True, required=True),
        Param("range", Kind.RANGE, "OFFSET+LENGTH", operand=True, required=True),
        Param("pattern", Kind.BYTE, "the byte, 0xcd if not given"),
    ),
    steps=_steps,
    loses="overwrites",
)
