"""``--format json``: one ``txsh-trace/1`` object a script on standard output, one a line."""

from __future__ import annotations

import json

from txsh.cli.code import UNREACHABLE, WRONG
from txsh.cli.message import complain, complain_unreadable, show
from txsh.report.trace_object import trace_object, unrun_object
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from txsh.cli.output import Output
    from txsh.cli.script import Unreadable
    from txsh.model.trace import Trace
    from txsh.syntax.source import Source


class JsonReport:
    """Writes one object for every script, run or not.

    Args:
        backend: as asked for.
    """

    __slots__ = ("_backend", "_findings", "_output", "_source", "shows_progress")

    def __init__(self, output: Output, backend: str) -> None:
        self._output = output
        self._backend = backend
        self._source: Source | None = None
        self._findings: Sequence[Diagnostic] = ()
        self.shows_progress = False

    def unreadable(self, script: Unreadable) -> None:
        """A script could not be read at all."""
        reason = f"cannot read it: {script.reason}"
        complain_unreadable(self._output, script)
        self._write(unrun_object(script.name, self._backend, WRONG, reason))

    def broken_off(self, name: str, reason: str, code: int) -> None:
        """A signal came before a script could be run, so this is the exit code."""
        complain(self._output, reason)
        self._write(unrun_object(name, self._backend, code, reason))

    def wrong(self, source: Source, diagnostics: Sequence[Diagnostic]) -> None:
        """A script has errors, so nothing of it was run."""
        show(self._output, diagnostics)
        reason = "the script is wrong, nothing of it was run"
        self._write(unrun_object(source.name, self._backend, WRONG, reason, sources=(source,), diagnostics=diagnostics))

    def begin(self, source: Source, _prelude: Source | None, diagnostics: Sequence[Diagnostic]) -> None:
        """A script is about to run; the diagnostics are warnings."""
        self._source, self._findings = source, diagnostics
        show(self._output, diagnostics)

    def opened(self, trace: Trace) -> None:
        """Its backend is open; the trace grows from here on."""

    def left(self, message: str, advice: str) -> None:
        """The run leaves something behind."""
        complain(self._output, message, advice)

    def unopened(self, reason: str, advice: str | None, code: int, name: str | None = None) -> None:
        """Its backend could not be opened, so this is the exit code."""
        assert self._source is not None
        complain(self._output, reason, advice, name)
        word = "lost" if code == UNREACHABLE else "failed"
        source, findings = self._source, self._findings
        unrun = unrun_object(
            source.name, self._backend, code, reason, word=word, name=name, sources=(source,), diagnostics=findings
        )
        self._write(unrun)

    def watch(self, record: object) -> None:
        """Only findings are told while the run goes on."""
        if isinstance(record, Diagnostic):
            show(self._output, (record,))

    def end(self, trace: Trace, code: int) -> None:
        """The run is over, with this exit code."""
        assert self._source is not None
        self._write(trace_object(trace, self._source.name, code, self._findings))

    def _write(self, value: dict[str, Any]) -> None:
        self._output.write(json.dumps(value, separators=(",", ":")) + "\n")
