"""target: declare what a backup writes to."""

from __future__ import annotations

from txsh.actions.base import Verb
from txsh.actions.drive import PARAMS, make_node, objections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return make_node(call, "target")


VERB = Verb(
    verb="target",
    summary="Declare a target: the same as a drive, for what backups write to.",
    params=PARAMS,
    steps=_steps,
    details="A backup without to= makes one by itself, called NODE-target.",
    objections=objections,
)
