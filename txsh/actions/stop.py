"""stop: stop the guest's processors."""

from __future__ import annotations

from txsh.actions.base import Verb
from txsh.actions.step import Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall
    from txsh.actions.step import Step


def _steps(call: BoundCall) -> tuple[Step, ...]:
    return (Machine("stop", call.span, call.fails),)


VERB = Verb(
    verb="stop",
    summary="Stop the guest's processors, and flush everything.",
    params=(),
    steps=_steps,
    details="qemu-storage-daemon has no guest.",
)
