"""Ctrl-C, SIGTERM and SIGHUP: the first ends a run cleanly, the second at once, the third ends txsh itself.

A signal that was ignored when txsh was started (nohup) stays ignored.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_PATIENCE = 2
"""After so many signals nothing is waited for any more; a launched QEMU dies with us."""


class Interrupted(KeyboardInterrupt):
    """What was going on was broken off by a signal.

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
    """Takes the signals while it is entered.

    The first one is kept until `check`, where the world is whole, or is given to `react`; or it raises `Interrupted`
    wherever it comes, while nothing has begun that must be ended cleanly. The second one always does.

    Attributes:
        number: of the first signal that came; 0: none.
        keeps: whether the first one is kept.
        react: called for the first two signals instead, at any moment between two instructions.
    """

    __slots__ = ("_before", "_count", "_kept", "keeps", "number", "react")

    def __init__(self) -> None:
        self.number = 0
        self.keeps = True
        self.react: Callable[[], object] | None = None
        self._kept = 0
        self._count = 0
        self._before: dict[int, object] = {}

    def check(self) -> None:
        """A place where the run can be broken off.

        Raises:
            Interrupted: a signal was kept; once.
        """
        if self._kept:
            number, self._kept = self._kept, 0
            raise Interrupted(number)

    def raise_from_here(self) -> None:
        """Keep no signal any more.

        Raises:
            Interrupted: one was kept.
        """
        self.keeps = False
        self.check()

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]  # as it was given to us

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.number = self.number or number
        self._count += 1
        if self._count > _PATIENCE:
            os._exit(code_of(self.number))
        if self.react is not None:
            self.react()
        elif self.keeps and self._count == 1:
            self._kept = number
        else:
            raise Interrupted(number)
