"""Plays plans on a real QEMU, in asyncio; whatever happens, a launched one is ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from txsh.backends.base import BackendLost, HostUnable
from txsh.cli.backend import open_launched
from txsh.cli.code import UNREACHABLE, WRONG, code_of
from txsh.cli.interrupt import code_of as code_of_signal
from txsh.cli.interrupt import reason_of
from txsh.cli.play import run_plans
from txsh.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from pathlib import Path
    from typing import TypeVar

    from txsh.actions.step import Plan
    from txsh.cli.backend import BackendName
    from txsh.cli.interrupt import Interrupt
    from txsh.cli.play import Launched
    from txsh.cli.report import Report

    Opened = TypeVar("Opened")

LOOK_SECONDS = 1.0
"""How often the progress of jobs is looked at, where somebody sees it."""

_SAID_LINES_MAX = 40

ABANDON_SECONDS = 10.0
"""How long a run that was broken off may take to end cleanly; a QEMU that is stuck is only killed."""


def play_live(name: BackendName, script: Launched, report: Report, interrupt: Interrupt) -> int:
    """Run a script on a fresh QEMU process; returns the exit code."""
    try:
        return asyncio.run(_play(name, script, report, interrupt))
    finally:
        interrupt.react = None


class Signals:
    """The first signal cancels the run, which then ends cleanly; the second one cancels that, too.

    Attributes:
        count: how many have come.
        closing: the backend is being closed already, so there is nothing left to cancel.
    """

    def __init__(self, interrupt: Interrupt) -> None:
        self.count = 0
        self.closing = False
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        loop = asyncio.get_running_loop()
        # Not the loop's own handlers: they would wait while something blocks the loop.
        interrupt.react = lambda: loop.call_soon_threadsafe(self._take)
        if interrupt.number:
            self._take()

    def _take(self) -> None:
        self.count += 1
        if not self.closing:
            self._task.cancel()


async def opened(opening: Awaitable[Opened], signals: Signals, report: Report, interrupt: Interrupt) -> Opened | int:
    """What was opened; or the exit code, when it could not be, which the report was told."""
    try:
        return await opening
    except HostUnable as failure:
        report.unopened(failure.description, failure.advice, UNREACHABLE, failure.name)
    except BackendLost as failure:
        report.unopened(failure.description, _said(failure), UNREACHABLE)
    except asyncio.CancelledError:
        if not signals.count:
            raise
        code = code_of_signal(interrupt.number)
        report.unopened(reason_of(interrupt.number), None, code)
        return code
    return UNREACHABLE


def _said(failure: BackendLost) -> str | None:
    """What a QEMU wrote that did not start, when that is more than the line that the failure tells."""
    lines = getattr(failure, "said", "").splitlines()
    return None if len(lines) <= 1 else "\n".join(("it wrote:", *lines[-_SAID_LINES_MAX:]))


async def _play(name: BackendName, script: Launched, report: Report, interrupt: Interrupt) -> int:
    signals = Signals(interrupt)
    backend = await opened(open_launched(name), signals, report, interrupt)
    if isinstance(backend, int):
        return backend
    try:
        if script.has_raw_qmp():
            from txsh.session.schema import learn_schema

            code = await opened(learn_schema(backend), signals, report, interrupt)
            if code is not None:
                return code
        bound = script.bind_for(backend.version, backend.program)
        if bound.is_wrong:
            report.wrong(script.sources[-1], bound.diagnostics)
            return WRONG
        session = Session(backend, backend.host, watch=report.watch, as_is=name.as_is)
        report.opened(session.trace)
        await run(session, bound.plans, signals, interrupt, looks=report.shows_progress)
    finally:
        signals.closing = True
        await backend.close()
    session.trace.stderr = backend.errors
    if not name.launch.keep:
        return told(session, report, interrupt)
    session.trace.folder = str(backend.folder)
    code = told(session, report, interrupt)
    report.left(*_kept(backend.folder))
    return code


def _kept(folder: Path) -> tuple[str, str]:
    """What is in a folder that was kept, and how to look at it."""
    files = sorted(file.name for file in folder.iterdir() if file.is_file())
    images = [file for file in files if not file.startswith(".")]
    look = f"qemu-img info {folder / images[0]}" if images else f"ls -A {folder}"
    return (
        f"the files of the run are kept in {folder}: {', '.join(files)}",
        f"{look} looks at it; .stderr is what QEMU said; rm -r {folder} removes it",
    )


def told(session: Session, report: Report, interrupt: Interrupt) -> int:
    """End the report of a run; returns the exit code."""
    code = code_of_signal(interrupt.number) if interrupt.number else code_of(session.trace)
    report.end(session.trace, code)
    return code


async def run(session: Session, plans: Sequence[Plan], signals: Signals, interrupt: Interrupt, *, looks: bool) -> None:
    """Run plans, and end them cleanly after a signal."""
    looking = asyncio.ensure_future(_look_now_and_then(session)) if looks else None
    try:
        await run_plans(session, plans)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not signals.count or task is None:
            raise
        task.uncancel()
        await _abandon(session, signals, reason_of(interrupt.number))
    finally:
        if looking is not None:
            looking.cancel()


async def _abandon(session: Session, signals: Signals, reason: str) -> None:
    """End the run cleanly, if it can be done in time and no second signal comes."""
    # A QEMU of somebody else is never killed.
    unclean = "not given the time for a clean end" if session.jobs.others else "QEMU was killed without a clean end"
    killed = f"{reason}, and {unclean}"
    if signals.count > 1:
        session.lose(BackendLost(killed))
        return
    try:
        async with asyncio.timeout(ABANDON_SECONDS):
            await session.abandon(reason)
    except asyncio.CancelledError:
        session.lose(BackendLost(killed))
    except TimeoutError:
        session.lose(BackendLost(f"{reason}, and QEMU did not answer within {ABANDON_SECONDS:g} s"))


async def _look_now_and_then(session: Session) -> None:
    """Ask how far the jobs are; the report sees the answers as it sees everything."""
    with suppress(BackendLost):
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if session.jobs.living():
                await session.backend.execute("query-jobs", {}, look=True)
