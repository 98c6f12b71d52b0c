"""export: offer a node to NBD clients, as for a backup that another program pulls."""

from __future__ import annotations

from txsh.actions.base import Kind, Param, Verb
from txsh.actions.step import Export

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    values = call.values
    bitmaps = tuple(values.get("bitmaps", ()))
    return (Export(values["node"], bitmaps, values.get("writable", False), call.span, call.fails),)


VERB = Verb(
    verb="export",
    summary="Offer a node to NBD clients under its own name; the URI is printed.",
    params=(
        Param("node", Kind.NODE, "the node", operand=True, required=True),
        Param("bitmaps", Kind.BITMAP_SOURCES, "bitmaps that a client may read, qemu:dirty-bitmap:NAME; busy meanwhile"),
        Param("writable", Kind.BOOLEAN, "let clients write"),
    ),
    steps=_steps,
    details="""\
The server listens on a socket in the run's own folder, as long as the run lasts. On the simulator an export is a state
without a socket: it makes bitmaps busy and takes permissions, but nobody can connect.""",
)
