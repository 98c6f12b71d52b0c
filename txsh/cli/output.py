"""Standard output and error: what can be printed there, and what happens when nobody reads it any more."""

from __future__ import annotations

import os
import sys
from io import RawIOBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COLUMNS = 100
"""The width of a message where there is no terminal to ask."""


class Output:
    """The two streams of a run.

    A reader who has gone (``| head``) is no reason to break a run off: the rest is dropped quietly, and the exit code
    still tells how it ended.

    Attributes:
        color: whether standard output takes colours; `error_color` for standard error.
        interactive: whether standard error is a terminal on which a line can be refreshed.
        failure: why standard output could not be written, when it was not its reader who went away.
    """

    __slots__ = ("_error", "_out", "color", "error_color", "failure", "interactive")

    def __init__(self) -> None:
        self._out = _lenient(sys.stdout)
        self._error = _lenient(sys.stderr)
        self.color = _takes_color(self._out)
        self.error_color = _takes_color(self._error)
        self.interactive = _is_terminal(self._error)
        self.failure: OSError | None = None

    @property
    def width(self) -> int:
        """Columns of the terminal that messages go to."""
        if not self.interactive:
            return COLUMNS
        try:
            return os.get_terminal_size(2).columns or COLUMNS
        except OSError:
            return COLUMNS

    def write(self, text: str) -> None:
        """Write to standard output and flush, so that a message on the other stream cannot overtake it."""
        self._out = self._put(self._out, text)

    def write_error(self, text: str) -> None:
        """Write to standard error."""
        self._error = self._put(self._error, text)

    def _put(self, stream: TextIO | None, text: str) -> TextIO | None:
        if stream is None:
            return None
        try:
            stream.write(text)
            stream.flush()
        except OSError as failure:
            if stream is self._out and not isinstance(failure, BrokenPipeError):
                self.failure = failure
            _silence(stream)
            return None
        return stream


def _lenient(stream: TextIO | None) -> TextIO | None:
    """The stream, writing what its encoding lacks as escapes; None when it was closed before we began."""
    if stream is None:
        return None
    if isinstance(stream.buffer, RawIOBase):
        # PYTHONUNBUFFERED: such a stream drops the rest of what a pipe takes only a part of, which a signal can cause.
        return open(stream.fileno(), "w", encoding=stream.encoding, errors="backslashreplace", closefd=False)
    stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]  # the standard streams have it
    return stream


def _silence(stream: TextIO) -> None:
    """Let what is still buffered, and Python's own flush at exit, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _takes_color(stream: TextIO | None) -> bool:
    """Source: no-color.org: NO_COLOR counts when it is present and not empty."""
    return _is_terminal(stream) and not os.environ.get("NO_COLOR")
