"""cont: let the guest's processors run."""

from __future__ import annotations

from txsh.actions.base import Verb
from txsh.actions.step import Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Machine("cont", call.span, call.fails),)


VERB = Verb(
    verb="cont",
    summary="Let the guest's processors run.",
    params=(),
    steps=_steps,
    details="qemu-storage-daemon has no guest.",
)
