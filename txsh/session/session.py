"""A session: one backend, kept open, on which plans run one after the other; everything goes into one trace.

Knows no statement (`step/`), no expectation (`expect/`) and no rule of groups (`txsh.group`).
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.model.event import QmpError
from txsh.model.trace import Exchange, Trace, Verdict
from txsh.session.iothread import Iothreads
from txsh.session.job import Jobs
from txsh.session.naming import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from txsh.actions.step import Plan
    from txsh.backends.base import Backend, Content, Host, Reply
    from txsh.model.state import BitmapInfo
    from txsh.session.fault import FaultLayer
    from txsh.session.hold import Hold
    from txsh.session.qemu_group import QemuGroup
    from txsh.session.running_group import RunningGroup
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Span


class Session:
    """Runs plans on one backend.

    Args:
        watch: told of every record when it is made: `Exchange`, `Event`, `StatementRecord`, `GroupRecord` (when it
            is decided) and `Diagnostic`.
        as_is: send what would crash this QEMU, hang it or do silent damage, and warn of nothing (``--as-is``).

    Attributes:
        trace: everything so far.
        jobs: the jobs followed.
        names: what stands behind the user's names.
        bitmaps: the user's bitmaps at the last look.
        exports: ids of those that the script has made and not taken away.
        holds: jobs that are held, by id; `old_holds` those that are not any more but may have left a filter.
        iothreads: what this run has put into an iothread.
        warned: names of the dangers that were warned of.
        transactions: how many groups of txsh's own were numbered so far.
        reply: of the last raw `qmp`, as QMP has it (``{"return": ...}`` or ``{"error": ...}``), with its statement.
        stopped: a statement failed, so nothing of this plan runs any more.
        over: the script itself has ended the backend.
        lost: the backend is gone.
    """

    __slots__ = (
        "as_is",
        "backend",
        "bitmaps",
        "exports",
        "faults",
        "groups",
        "holds",
        "host",
        "iothreads",
        "jobs",
        "lost",
        "names",
        "old_holds",
        "over",
        "remembered",
        "reply",
        "span",
        "stopped",
        "trace",
        "transactions",
        "warned",
        "watch",
    )

    def __init__(
        self,
        backend: Backend,
        host: Host,
        *,
        watch: Callable[[Any], None] | None = None,
        as_is: bool = False,
    ) -> None:
        self.backend = backend
        self.host = host
        self.watch = watch
        self.as_is = as_is
        self.trace = Trace(backend.name, backend.version, backend.program, ())
        self.jobs = Jobs(self.trace.jobs)
        self.names = Names()
        self.bitmaps: dict[str, BitmapInfo] = {}
        self.exports: set[str] = set()
        self.faults: dict[str, FaultLayer] = {}
        self.holds: dict[str, Hold] = {}
        self.old_holds: list[Hold] = []
        self.groups: list[RunningGroup | QemuGroup] = []
        self.iothreads = Iothreads()
        self.warned: set[str] = set()
        self.transactions = 0
        self.remembered: dict[str, Content] = {}
        self.reply: tuple[Span, Mapping[str, Any]] | None = None
        self.span: Span | None = None
        self.stopped = False
        self.over = False
        self.lost = False
        backend.observer = self._answered

    async def run(self, plan: Plan) -> bool:
        """Run the steps of a plan; a failing one stops it. Returns whether all went as the script says.

        Everything that goes wrong is in the trace; nothing is raised for it.
        """
        from txsh.actions.step import MakeNode
        from txsh.session.statement import run_statement

        known = self.trace.sources
        self.trace.sources += tuple(source for source in plan.sources if source not in known)
        self.names.reserved.update(step.name for step in plan.steps if isinstance(step, MakeNode))
        self.stopped = self.lost
        for step in plan.steps:
            if self.stopped:
                break
            await run_statement(self, step)
        return not self.stopped

    async def finish(self) -> None:
        """End the script: wait for every job and group, cancel what cannot end, look at what is left."""
        from txsh.session.ending import finish

        await finish(self)

    async def abandon(self, reason: str) -> None:
        """End the run now, in bounded time: abort groups cleanly, cancel what this run started."""
        from txsh.session.ending import abandon

        await abandon(self, reason)

    async def send(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Send a command of the script and take in the events that have come; returns its ``return`` value.

        Raises:
            CommandFailed: QEMU refused; in the user's names.
            NotSimulated, BackendLost: as `Backend.execute` says.
        """
        lost = False
        try:
            return await self.backend.execute(command, arguments)
        except CommandFailed as failure:
            raise CommandFailed(failure.error_class, self.names.tell(failure.description)) from failure
        except BackendLost:
            lost = True
            raise
        finally:
            if lost:
                await self._collect_last()
            elif not self.lost:
                await self.collect()

    async def _collect_last(self) -> None:
        """Take in what came before QEMU went away; the loss that is raised already says what was open."""
        try:
            await self.collect()
        except BackendLost:
            return

    async def collect(self) -> None:
        """Take in every event that has come; no time passes."""
        while not self.over and await self.next_event(self.backend.now_us()):
            pass

    async def next_event(self, deadline_us: int) -> bool:
        """Let time pass up to the next event or the deadline, and follow the event; returns whether one came."""
        event = await self.backend.next_event(deadline_us)
        if event is None:
            return False
        trace = self.trace
        if self.jobs.follow(event):
            trace.incidental.add(len(trace.events))
        trace.events.append(event)
        for group in self.groups:
            group.heard(event)
        self.tell(event)
        if self.jobs.unexplained:
            from txsh.session.view import look_at_errors

            await look_at_errors(self)
        return True

    def forget_hold(self, job: str) -> None:
        """A job is held no more; what its hold has left is cleared away when the job is gone."""
        hold = self.holds.pop(job, None)
        if hold is not None:
            self.old_holds.append(hold)

    def report(self, diagnostic: Diagnostic) -> None:
        """Put a finding into the trace; an error is a failed run."""
        self.trace.diagnostics.append(diagnostic)
        if diagnostic.severity == "error" and self.trace.verdict.word == "passed":
            self.trace.verdict = Verdict("failed")
        self.tell(diagnostic)

    def warn(self, diagnostic: Diagnostic) -> None:
        """Warn of a danger, once of each."""
        if diagnostic.name not in self.warned:
            self.warned.add(diagnostic.name)
            self.report(diagnostic)

    def lose(self, failure: BackendLost) -> None:
        """The backend is gone: nothing more can be done, and what was open is unknown; the first loss counts."""
        if self.lost:
            return
        self.lost = self.stopped = True
        self.trace.bitmaps = None
        unknown = failure.unknown
        for group in self.groups:
            unknown = group.lose(self, failure.description) or unknown
        self.trace.verdict = Verdict("lost", failure.description, unknown)

    def tell(self, record: object) -> None:
        """Tell whoever watches the run."""
        if self.watch is not None:
            self.watch(record)

    def _answered(self, command: str, arguments: Mapping[str, Any], reply: Reply | QmpError, look: bool) -> None:  # noqa: FBT001  # the seam's signature
        error = reply if isinstance(reply, QmpError) else None
        value = None if error else reply
        if error is None and not look:
            self.iothreads.heard(command, arguments)
        exchange = Exchange(self.span, command, arguments, value, error, look, self.backend.now_us())
        self.trace.exchanges.append(exchange)
        self.tell(exchange)
