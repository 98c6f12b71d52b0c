"""Plays plans on a QEMU process, in asyncio; whatever happens, the process is ended."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

from txsh.backends.base import BackendLost, HostUnable
from txsh.cli.backend import open_live
from txsh.cli.code import UNREACHABLE, code_of
from txsh.cli.interrupt import SIGNALS, reason_of
from txsh.cli.interrupt import code_of as code_of_signal
from txsh.cli.play import run_plans
from txsh.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Plan
    from txsh.cli.backend import BackendName
    from txsh.cli.report import Report

LOOK_SECONDS = 1.0
"""How often the progress of jobs is looked at, where somebody sees it."""

ABANDON_SECONDS = 10.0
"""How long a run that was broken off may take to end cleanly; a QEMU that is stuck is only killed."""

_PATIENCE = 2
"""After so many signals nothing is waited for any more."""


def play_live(name: BackendName, plans: Sequence[Plan], report: Report) -> int:
    """Run plans on a fresh QEMU process; returns the exit code."""
    return asyncio.run(_play(name, plans, report))


class _Signals:
    """The first signal cancels the run, which then ends cleanly; the second one cancels that, too.

    Attributes:
        numbers: of the signals that came.
        closing: the process is being ended already, so there is nothing left to cancel.
    """

    def __init__(self, task: asyncio.Task[int]) -> None:
        self.numbers: list[int] = []
        self.closing = False
        self._task = task
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._take, number)

    @property
    def code(self) -> int:
        """The exit code after the first one."""
        return code_of_signal(self.numbers[0])

    def _take(self, number: int) -> None:
        self.numbers.append(number)
        if len(self.numbers) > _PATIENCE:
            # The launched QEMU dies with us.
            os._exit(self.code)
        if not self.closing:
            self._task.cancel()


async def _play(name: BackendName, plans: Sequence[Plan], report: Report) -> int:
    task = asyncio.current_task()
    assert task is not None
    signals = _Signals(task)
    try:
        backend = await open_live(name)
    except (HostUnable, BackendLost) as failure:
        advice = failure.advice if isinstance(failure, HostUnable) else None
        report.unopened(failure.description, advice, UNREACHABLE)
        return UNREACHABLE
    except asyncio.CancelledError:
        if not signals.numbers:
            raise
        report.unopened(reason_of(signals.numbers[0]), None, signals.code)
        return signals.code
    try:
        session = Session(backend, backend.host, watch=report.watch)
        report.opened(session.trace)
        code = await _run(session, plans, signals, looks=report.shows_progress)
    finally:
        signals.closing = True
        await backend.close()
    report.end(session.trace, code)
    return code


async def _run(session: Session, plans: Sequence[Plan], signals: _Signals, *, looks: bool) -> int:
    looking = asyncio.ensure_future(_look_now_and_then(session)) if looks else None
    try:
        await run_plans(session, plans)
        return code_of(session.trace)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not signals.numbers or task is None:
            raise
        task.uncancel()
        if len(signals.numbers) == 1:
            with suppress(asyncio.CancelledError, TimeoutError):
                async with asyncio.timeout(ABANDON_SECONDS):
                    await session.abandon(reason_of(signals.numbers[0]))
        return signals.code
    finally:
        if looking is not None:
            looking.cancel()


async def _look_now_and_then(session: Session) -> None:
    """Ask how far the jobs are; the report sees the answers as it sees everything."""
    with suppress(BackendLost):
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if session.jobs.living():
                await session.backend.execute("query-jobs", {}, look=True)
