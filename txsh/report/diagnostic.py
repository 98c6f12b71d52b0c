"""A diagnostic as text: name and message, the place, the line with a caret below it, what to do. Judges nothing.

error[unknown-verb]: no action is called 'bitmap-clean'
  --> nightly.txsh:3:5
  3 |     bitmap-clean drive1.b0
    |     ^^^^^^^^^^^^ did you mean 'bitmap-clear'?
"""

from __future__ import annotations

from txsh.report.excerpt import excerpt
from txsh.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Span

_COLORS = {"error": "1;31", "warning": "1;33", "note": "1;36"}


def render(diagnostic: Diagnostic, *, color: bool = False, width: int = 100) -> str:
    """The whole message, without a line end after it.

    Args:
        diagnostic: what to show.
        color: whether the reader takes colours.
        width: how many columns an excerpt may take; longer lines are cut around the caret.
    """
    severity = diagnostic.severity
    paint = _COLORS[severity] if color else ""
    # Notes share the margin, so that all excerpts of a message stand below each other.
    spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
    margin = max(len(str(span.source.position(span.start)[0])) for span in spans)
    title = f"{severity}[{diagnostic.name}]"
    lines = [f"{_painted(title, paint)}: {visible(diagnostic.message)}"]
    lines += _place(diagnostic.span, diagnostic.label, margin, paint, width)
    if diagnostic.help is not None:
        lines.append(f"{' ' * (margin + 3)}{_painted('help', '1' if color else '')}: {visible(diagnostic.help)}")
    for note in diagnostic.notes:
        note_paint = _COLORS["note"] if color else ""
        lines.append(f"{_painted('note', note_paint)}: {visible(note.message)}")
        lines += _place(note.span, None, margin, note_paint, width)
    return "\n".join(lines)


def _place(span: Span, label: str | None, margin: int, paint: str, width: int) -> list[str]:
    """Where it is, and the excerpt under it."""
    number = span.source.position(span.start)[0]
    left = margin + 5
    line, carets = excerpt(span, max(20, width - left))
    mark = f"{_painted(carets.lstrip(), paint)} {visible(label)}" if label else _painted(carets.lstrip(), paint)
    indent = " " * (len(carets) - len(carets.lstrip()))
    return [
        f"  --> {visible(span.place)}",
        f"  {number:>{margin}} | {line}".rstrip(),
        f"  {'':>{margin}} | {indent}{mark}",
    ]


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if code else text
