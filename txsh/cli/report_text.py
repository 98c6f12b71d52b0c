"""``--format text``: the story on standard output, what is wrong on standard error."""

from __future__ import annotations

from txsh.cli.message import complain, complain_unreadable, show
from txsh.model.trace import StatementRecord
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.cli.output import Output
    from txsh.cli.script import Unreadable
    from txsh.model.trace import Trace
    from txsh.report.progress import Progress
    from txsh.report.story import Story
    from txsh.syntax.source import Source


class TextReport:
    """Writes the story of each script."""

    __slots__ = ("_name", "_output", "_prelude", "_progress", "_story", "shows_progress")

    def __init__(self, output: Output) -> None:
        self._output = output
        self.shows_progress = output.interactive
        self._name = ""
        self._prelude: Source | None = None
        self._story: Story | None = None
        self._progress: Progress | None = None

    def unreadable(self, script: Unreadable) -> None:
        """A script could not be read at all."""
        complain_unreadable(self._output, script)

    def broken_off(self, _name: str, reason: str, _code: int) -> None:
        """A signal came before a script could be run."""
        complain(self._output, reason)

    def wrong(self, _source: Source, diagnostics: Sequence[Diagnostic]) -> None:
        """A script has errors, so nothing of it was run."""
        show(self._output, diagnostics)

    def begin(self, source: Source, prelude: Source | None, diagnostics: Sequence[Diagnostic]) -> None:
        """A script is about to run; the diagnostics are warnings."""
        self._name, self._prelude = source.name, prelude
        show(self._output, diagnostics)

    def opened(self, trace: Trace) -> None:
        """Its backend is open; the trace grows from here on."""
        from txsh.report.story import Story

        output = self._output
        self._story = Story(trace, output.write, prelude=self._prelude, color=output.color)
        self._story.begin(self._name)
        if self.shows_progress:
            from txsh.report.progress import Progress

            self._progress = Progress(output.write_error, output.width)

    def unopened(self, reason: str, advice: str | None, _code: int, name: str | None = None) -> None:
        """Its backend could not be opened."""
        complain(self._output, reason, advice, name)

    def left(self, message: str, advice: str) -> None:
        """The run leaves something behind."""
        complain(self._output, message, advice)

    def watch(self, record: object) -> None:
        """Tell statements and findings; everything else is only progress."""
        if self._progress is not None:
            self._progress.take(record)
        if isinstance(record, StatementRecord):
            assert self._story is not None
            self._story.statement(record)
        elif isinstance(record, Diagnostic):
            show(self._output, (record,))

    def end(self, _trace: Trace, _code: int) -> None:
        """The run is over."""
        if self._progress is not None:
            self._progress.clear()
        assert self._story is not None
        self._story.end()
