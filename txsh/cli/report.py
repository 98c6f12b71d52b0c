"""What the command line tells a report while it plays a script; one implementation per ``--format``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from txsh.cli.script import Unreadable
    from txsh.model.trace import Trace
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Source
else:
    Protocol = object


class Report(Protocol):
    """Told of one script after the other.

    `unreadable`, or `wrong`, or `begin` and `unopened`, or `begin`, `opened`, `watch`..., `end`; or `broken_off` before
    any of the last two. On a QEMU attached to, `begin` comes before it is opened, and then `wrong` or once more
    `begin`. `left` comes before `end`.
    """

    shows_progress: bool
    """Whether somebody watches how far long jobs are."""

    def unreadable(self, script: Unreadable) -> None:
        """A script could not be read at all."""

    def broken_off(self, name: str, reason: str, code: int) -> None:
        """A signal came before a script could be run, so this is the exit code."""

    def wrong(self, source: Source, diagnostics: Sequence[Diagnostic]) -> None:
        """A script has errors, so nothing of it was run."""

    def begin(self, source: Source, prelude: Source | None, diagnostics: Sequence[Diagnostic]) -> None:
        """A script is about to run; the diagnostics are warnings."""

    def opened(self, trace: Trace) -> None:
        """Its backend is open; the trace grows from here on."""

    def unopened(self, reason: str, advice: str | None, code: int, name: str | None = None) -> None:
        """Its backend could not be opened, so this is the exit code; `name` of the diagnostic if it has one."""

    def left(self, message: str, advice: str) -> None:
        """The run leaves something behind."""

    def watch(self, record: object) -> None:
        """Something happened: a record of the trace, as it is made."""

    def end(self, trace: Trace, code: int) -> None:
        """The run is over, with this exit code."""
