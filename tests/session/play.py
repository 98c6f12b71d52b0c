"""Runs the text of a script through parser, checker and session; a test reads the trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.session.session import Session
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from txsh.actions.step import Plan
    from txsh.backends.base import Backend, Host
    from txsh.model.trace import Trace


def plan_of(text: str, name: str = "test.txsh", backend: Backend | None = None) -> Plan:
    """The plan of a script that is right, for a backend."""
    source = Source(name, text)
    script, unreadable = parse(source)
    assert unreadable == []
    plan, wrong = bind(
        script, known=Known() if backend is None else Known(version=backend.version, program=backend.program)
    )
    assert plan is not None, wrong
    return plan


async def run(
    text: str,
    backend: Backend,
    host: Host,
    *,
    finish: bool = True,
    watch: Callable[[Any], None] | None = None,
    as_is: bool = False,
) -> Session:
    """Run a script on a backend."""
    session = Session(backend, host, watch=watch, as_is=as_is)
    await session.run(plan_of(text, backend=backend))
    if finish:
        await session.finish()
    return session


def play(text: str, *, finish: bool = True, as_is: bool = False, version: tuple[int, int] = (7, 2)) -> Trace:
    """Run a script on a fresh simulator."""
    backend = SimBackend(version)
    return run_now(run(text, backend, backend.host, finish=finish, as_is=as_is)).trace


def play_named(text: str, name: str) -> Trace:
    """Run a script of a given file name on a fresh simulator, to its end."""
    backend = SimBackend()
    session = Session(backend, backend.host)
    run_now(session.run(plan_of(text, name)))
    run_now(session.finish())
    return session.trace


def findings(trace: Trace) -> list[str]:
    """Names of what went wrong, in order."""
    return [diagnostic.name for diagnostic in trace.diagnostics]


def sent(trace: Trace) -> list[str]:
    """The commands that were not only looks."""
    return [exchange.command for exchange in trace.exchanges if not exchange.look]


def play_live(
    text: str, program: str = "qsd", *, finish: bool = True, as_is: bool = False, time_limit_seconds: float = 20
) -> Trace:
    """Run a script on a QEMU of its own, in half a minute at most; each command has its own time limit."""
    import asyncio  # noqa: PLC0415  # only live runs need it

    from txsh.backends.live.launch import launch  # noqa: PLC0415

    async def live() -> Trace:
        backend = await launch(program, time_limit_seconds=time_limit_seconds)
        try:
            session = await asyncio.wait_for(run(text, backend, backend.host, finish=finish, as_is=as_is), 30)
        finally:
            await backend.close()
        return session.trace

    return asyncio.run(live())


def play_both(text: str, program: str = "qsd") -> tuple[Trace, Trace]:
    """Run a script on a QEMU of its own, and on a simulated one of the same version; the simulated trace first."""
    real = play_live(text, program)
    backend = SimBackend(real.version, program)
    return run_now(run(text, backend, backend.host)).trace, real


def outcome(trace: Trace) -> dict[str, Any]:
    """All of a trace that does not depend on the clock: what two backends must have in common."""
    return {
        "verdict": trace.verdict,
        "statements": [(record.verb, record.outcome, record.refusal) for record in trace.statements],
        "findings": [(finding.name, finding.message) for finding in trace.diagnostics],
        "jobs": [(job.id, job.outcome, job.error, job.reason, job.offset) for job in trace.jobs],
        "bitmaps": trace.bitmaps,
        "extents": trace.extents,
    }
