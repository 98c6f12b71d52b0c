"""What can be wrong with values that are fine one by one, as diagnostics; shared by the verbs' own checks."""

from __future__ import annotations

from txsh.model.size import format_size
from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.actions.base import BoundCall


def multiple_of(call: BoundCall, name: str, unit_bytes: int, why: str) -> tuple[Diagnostic, ...]:
    """Object to a size that is given and is no multiple of a unit."""
    size_bytes = call.values.get(name, 0)
    if size_bytes % unit_bytes == 0:
        return ()
    low = size_bytes - size_bytes % unit_bytes
    message = f"{name} is not a multiple of {format_size(unit_bytes)}: {why}"
    label = f"next are {format_size(low)} and {format_size(low + unit_bytes)}"
    return (Diagnostic("not-a-multiple", message, call.spans[name], label),)


def exclusive(call: BoundCall, name: str, others: tuple[str, ...], why: str) -> tuple[Diagnostic, ...]:
    """Object to options that do not go together with `name`, where both are given."""
    if name not in call.spans:
        return ()
    return tuple(
        Diagnostic(
            "conflicting-options",
            f"'{other}' does not go together with '{name}': {why}",
            call.spans[other],
            "take one of the two away",
            notes=(Note(f"'{name}' is given here", call.spans[name]),),
        )
        for other in others
        if other in call.spans
    )
