"""Plays plans on the simulator: in this thread, without an event loop."""

from __future__ import annotations

from txsh.backends.base import run_now
from txsh.cli.backend import open_simulator
from txsh.cli.code import code_of
from txsh.cli.interrupt import Interrupt, Interrupted
from txsh.cli.interrupt import code_of as code_of_signal
from txsh.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Plan
    from txsh.cli.backend import BackendName
    from txsh.cli.report import Report


def play_simulated(name: BackendName, plans: Sequence[Plan], report: Report) -> int:
    """Run plans on a fresh simulated QEMU; returns the exit code."""
    from txsh.cli.play import run_plans

    backend = open_simulator(name)
    with Interrupt() as interrupt:

        def watch(record: object) -> None:
            report.watch(record)
            interrupt.check()

        session = Session(backend, backend.host, watch=watch)
        report.opened(session.trace)
        try:
            run_now(run_plans(session, plans))
            code = code_of(session.trace)
        except Interrupted as interrupted:
            run_now(session.abandon(str(interrupted)))
            code = code_of_signal(interrupted.number)
    report.end(session.trace, code)
    return code
