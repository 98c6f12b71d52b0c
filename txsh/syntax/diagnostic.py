"""What is wrong with a script, as a value: collected, never raised. Rendering it is not done here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.syntax.source import Span
else:
    from txsh.named import NamedTuple


class Note(NamedTuple):
    """A second place that explains a diagnostic ("first declared here")."""

    message: str
    span: Span


class Diagnostic(NamedTuple):
    """One finding.

    Args:
        name: kebab-case, the same in the message, the documentation and the tests, such as ``unknown-verb``.
        message: what is wrong, one line, in the user's own names, no full stop.
        span: where.
        label: the few words beside the caret that say what to do ("did you mean 'bitmap-clear'?"), or None.
        help: one more line of advice below, or None.
        notes: other places that belong to it.
        severity: ``error`` or ``warning``.
    """

    name: str
    message: str
    span: Span
    label: str | None = None
    help: str | None = None
    notes: tuple[Note, ...] = ()
    severity: str = "error"
