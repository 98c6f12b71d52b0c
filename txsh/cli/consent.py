"""Asks before something is lost on a QEMU that somebody else runs: once, at a terminal; elsewhere only ``--yes`` does.

Knows no verb: what is lost comes from `txsh.check.loss`.
"""

from __future__ import annotations

import sys

from txsh.check.loss import losses
from txsh.cli.interrupt import Interrupted
from txsh.report.visible import visible
from txsh.syntax.diagnostic import Diagnostic, Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Plan
    from txsh.check.loss import Loss, Standing
    from txsh.cli.interrupt import Interrupt
    from txsh.cli.output import Output

_NOTES_MAX = 9
"""So many further losses are shown with their place."""


class Consent:
    """Asks for one command line.

    Args:
        given: ``--yes``.
        backend: what it is about, as the user named it.
    """

    def __init__(self, output: Output, interrupt: Interrupt, *, given: bool, backend: str) -> None:
        self._output = output
        self._interrupt = interrupt
        self._given = given
        self._backend = backend

    def missing(self, plans: Sequence[Plan], standing: Standing) -> Sequence[Diagnostic]:
        """What may not be run, with its places; nothing when all may."""
        if self._given:
            return ()
        found = losses(plans, standing)
        if not found or (self._can_ask() and self._ask(found)):
            return ()
        return (self._refusal(found),)

    def _can_ask(self) -> bool:
        return self._output.interactive and sys.stdin is not None and sys.stdin.isatty()

    def _ask(self, found: Sequence[Loss]) -> bool:
        """Ask on the terminal; no answer is no consent.

        Raises:
            Interrupted: a signal came instead of an answer.
        """
        interrupt = self._interrupt
        react, keeps = interrupt.react, interrupt.keeps
        # Nothing else has its turn while the terminal is read: a signal breaks off whatever it finds.
        interrupt.react = None
        try:
            interrupt.raise_from_here()
            if interrupt.number:
                # It was given to `react`, which has had no turn since.
                raise Interrupted(interrupt.number)
            answer = self._answer_to(found)
        finally:
            interrupt.react, interrupt.keeps = react, keeps
        return answer.strip().lower() in ("y", "yes")

    def _answer_to(self, found: Sequence[Loss]) -> str:
        write = self._output.write_error
        write(f"This would be lost on {visible(self._backend)}:\n")
        for loss in found:
            write(f"  {visible(loss.span.place)}: {visible(loss.words)}\n")
        write("Go on? [y/N] ")
        try:
            return sys.stdin.readline()
        except (OSError, ValueError):
            return ""  # the terminal is gone, or this is no text

    def _refusal(self, found: Sequence[Loss]) -> Diagnostic:
        first, *rest = found
        notes = [Note(f"this, too: {loss.words}", loss.span) for loss in rest[:_NOTES_MAX]]
        more = f" (and {len(rest) - _NOTES_MAX} more)" if len(rest) > _NOTES_MAX else ""
        return Diagnostic(
            "would-be-lost",
            f"it {first.words}{more}, and what {self._backend} had before this run is lost only with --yes",
            first.span,
            help="nothing was run",
            notes=tuple(notes),
        )
