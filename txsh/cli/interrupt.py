"""Ctrl-C and SIGTERM: the first lets a run end cleanly, the second ends it at once."""

from __future__ import annotations

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The run was broken off by a signal.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(reason_of(number))
        self.number = number


def reason_of(number: int) -> str:
    """What a trace says of a run that a signal broke off."""
    return "interrupted by Ctrl-C" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"


def code_of(number: int) -> int:
    """The exit code after a signal."""
    return 128 + number


class Interrupt:
    """While it is entered, the first signal is kept until `check`, where the simulator's world is whole.

    The second one raises KeyboardInterrupt wherever it comes.
    """

    __slots__ = ("_before", "_number", "_seen")

    def __init__(self) -> None:
        self._number = 0
        self._seen = False

    def check(self) -> None:
        """A place where the run can be broken off.

        Raises:
            Interrupted: a signal has come; once.
        """
        if self._number:
            number, self._number = self._number, 0
            raise Interrupted(number)

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._take) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self._seen:
            raise KeyboardInterrupt(number)
        self._seen = True
        self._number = number
