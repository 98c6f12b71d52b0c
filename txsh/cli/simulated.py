"""Plays plans on the simulator: in this thread, without an event loop."""

from __future__ import annotations

from txsh.backends.base import BackendLost, run_now
from txsh.cli.backend import open_simulator
from txsh.cli.code import code_of
from txsh.cli.interrupt import Interrupted
from txsh.cli.interrupt import code_of as code_of_signal
from txsh.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Plan
    from txsh.cli.backend import BackendName
    from txsh.cli.interrupt import Interrupt
    from txsh.cli.report import Report


def play_simulated(name: BackendName, plans: Sequence[Plan], report: Report, interrupt: Interrupt) -> int:
    """Run plans on a fresh simulated QEMU; returns the exit code."""
    backend = open_simulator(name)

    def watch(record: object) -> None:
        report.watch(record)
        interrupt.check()

    backend.between = interrupt.check
    session = Session(backend, backend.host, watch=watch, as_is=name.as_is)
    report.opened(session.trace)
    try:
        _run(session, plans)
    except Interrupted as second:
        # It came anywhere, so nobody knows what the model was about to do.
        session.lose(BackendLost(f"{second}, and not given the time for a clean end"))
    code = code_of_signal(interrupt.number) if interrupt.number else code_of(session.trace)
    report.end(session.trace, code)
    return code


def _run(session: Session, plans: Sequence[Plan]) -> None:
    from txsh.cli.play import run_plans

    try:
        run_now(run_plans(session, plans))
    except Interrupted as interrupted:
        run_now(session.abandon(str(interrupted)))
