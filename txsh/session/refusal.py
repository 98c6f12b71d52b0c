"""How a statement can end other than well, and whether that is what the script said. Knows no statement."""

from __future__ import annotations

from txsh.model.event import QmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.syntax.diagnostic import Diagnostic, Note
    from txsh.syntax.source import Span


class Refused(Exception):
    """A statement was refused: by QEMU, by the guest's I/O, or by txsh before anything was sent.

    Args:
        error: what `fails` is compared with; class ``""`` when it is no QMP error.
        name: the diagnostic's name when nobody expected it.
        culprit: the action that it is about, as far as known.
        place: where the caret goes; None: to the culprit, or to the statement.
        label: words beside the caret, or None.
        advice: one line of help, or None.
        notes: other places that belong to it.
    """

    def __init__(
        self,
        error: QmpError,
        *,
        name: str = "refused",
        culprit: Span | None = None,
        place: Span | None = None,
        label: str | None = None,
        advice: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        super().__init__(error.description)
        self.error = error
        self.name = name
        self.culprit = culprit
        self.place = place
        self.label = label
        self.advice = advice
        self.notes = notes


def refused_here(name: str, description: str, *, advice: str | None = None) -> Refused:
    """A refusal of txsh's own, of which QEMU knows nothing."""
    return Refused(QmpError("", description), name=name, advice=advice)


class StatementFailed(Exception):
    """A statement did not come out as the script says; `diagnostics` tell why."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


def matches(pattern: str, text: str) -> bool:
    """Whether a whole text is the pattern; ``*`` in the pattern stands for anything, newlines included."""
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return pattern == text
    first, *middle, last = pieces
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True
