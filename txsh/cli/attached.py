"""Plays a script on a QEMU that somebody else runs: its names are known, what it has is asked for before it is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from txsh.actions.step import MakeNode
from txsh.backends.base import BackendLost, CommandFailed
from txsh.check.known import Known
from txsh.cli.backend import open_attached
from txsh.cli.code import WRONG
from txsh.cli.live import ABANDON_SECONDS, Signals, opened, run, told
from txsh.cli.play import bind_sources
from txsh.session.job import has_ended
from txsh.session.session import Session
from txsh.session.standing import clear_away, take_in
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.parser import parse
from txsh.syntax.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.actions.step import Plan
    from txsh.backends.live.attach import AttachedBackend
    from txsh.check.loss import Standing
    from txsh.cli.backend import BackendName
    from txsh.cli.consent import Consent
    from txsh.cli.interrupt import Interrupt
    from txsh.cli.report import Report
    from txsh.session.qemu_group import QemuGroup
    from txsh.session.running_group import RunningGroup
    from txsh.syntax.source import Source


def play_attached(name: BackendName, source: Source, report: Report, interrupt: Interrupt, consent: Consent) -> int:
    """Run a script on a running QEMU; returns the exit code."""
    _, mistakes = parse(source)
    if mistakes:
        report.wrong(source, mistakes)
        return WRONG
    try:
        return asyncio.run(_Visit(source, report, interrupt, consent).play(name))
    finally:
        interrupt.react = None


class _Visit:
    """One script on one QEMU."""

    def __init__(self, source: Source, report: Report, interrupt: Interrupt, consent: Consent) -> None:
        self._source = source
        self._report = report
        self._interrupt = interrupt
        self._consent = consent

    async def play(self, name: BackendName) -> int:
        """Connect, run the script, and leave as little as can be; returns the exit code."""
        signals = Signals(self._interrupt)
        self._report.begin(self._source, None, ())
        backend = await opened(open_attached(name), signals, self._report, self._interrupt)
        if isinstance(backend, int):
            return backend
        try:
            return await self._play_on(backend, signals, as_is=name.as_is)
        finally:
            signals.closing = True
            await backend.close()

    async def _play_on(self, backend: AttachedBackend, signals: Signals, *, as_is: bool) -> int:
        report, interrupt = self._report, self._interrupt
        if "qmp" in self._source.text:
            from txsh.session.schema import learn_schema

            code = await opened(learn_schema(backend), signals, report, interrupt)
            if code is not None:
                return code
        session = Session(backend, backend.host, watch=report.watch, as_is=as_is)
        standing = await opened(_take_in(session), signals, report, interrupt)
        if isinstance(standing, int):
            return standing
        backend.host.devices = dict(session.names.aliases)
        plans = self._plans(backend, standing)
        if plans is None:
            return WRONG
        report.opened(session.trace)
        backend.warn_by(lambda text: session.report(_unseen(session, self._source, text)))
        await run(session, plans, signals, interrupt, looks=report.shows_progress)
        signals.closing = True
        await _leave(session, backend, report)
        return told(session, report, interrupt)

    def _plans(self, backend: AttachedBackend, standing: Standing) -> Sequence[Plan] | None:
        """What the script comes to on this QEMU; None when it is wrong or may not be run, which the report was told."""
        known = Known(
            nodes=standing.nodes, jobs=standing.jobs, version=backend.version, program=backend.program, attached=True
        )
        bound = bind_sources((self._source,), known)
        wrong = [*bound.diagnostics, *_without_target(bound.plans)]
        if not any(finding.severity == "error" for finding in wrong):
            wrong += self._consent.missing(bound.plans, standing)
        if any(finding.severity == "error" for finding in wrong):
            self._report.wrong(self._source, wrong)
            return None
        self._report.begin(self._source, None, bound.diagnostics)
        return bound.plans


async def _take_in(session: Session) -> Standing:
    """What is there.

    Raises:
        BackendLost: QEMU went away, or does not answer as one.
    """
    try:
        return await take_in(session)
    except CommandFailed as failure:
        raise BackendLost(f"it does not answer as a QEMU: {failure.description}") from failure


def _without_target(plans: Sequence[Plan]) -> list[Diagnostic]:
    """Backups that do not say where to: nothing is made in a QEMU of somebody else that the script does not name."""
    return [
        Diagnostic(
            "no-target",
            f"where '{step.size_of}' is to be copied is not said, and a running QEMU gets no target by itself",
            step.span,
            "say where: to=NODE",
            f"'target {step.name} SIZE' before it makes one that vanishes with the run",
        )
        for plan in plans
        for step in plan.steps
        if isinstance(step, MakeNode) and step.implied
    ]


def _unseen(session: Session, source: Source, text: str) -> Diagnostic:
    span = session.span or Span(source, 0, 0)
    advice = "stop its NBD server, or attach to a Unix socket on QEMU's own machine: then NBD tells"
    return Diagnostic("unseen-errors", text, span, help=advice, severity="warning")


async def _leave(session: Session, backend: AttachedBackend, report: Report) -> None:
    """Take away the nodes and images that the script has made, if nobody uses them; say what cannot be."""
    jobs = [record.id for record in session.jobs.living()]
    nodes = list(session.names.declared)
    if not (nodes or (jobs and session.lost)) or await _is_clear(session, backend):
        return
    left = [f"job {job}" for job in jobs] + [f"node {node}" for node in nodes]
    if any(group.record is not None and group.record.by == "txsh" and _lives(group) for group in session.groups):
        left.append("bitmaps called 'txsh:...' of a transaction that is not over")
    advice = "'job-cancel' ends a job; " if jobs else ""
    if nodes:
        backend.leaves_images = True
        left.append(f"images in {backend.folder}")
        advice += "when nothing uses a node, 'blockdev-del' takes it away, and then the folder can be removed"
    report.left(f"this run leaves in that QEMU: {', '.join(left)}", advice.removesuffix("; "))


def _lives(group: RunningGroup | QemuGroup) -> bool:
    return not all(map(has_ended, group.members))


async def _is_clear(session: Session, backend: AttachedBackend) -> bool:
    """Clear away what the run has made; whether nothing of it is left."""
    if session.over:
        return True
    with suppress(BackendLost, TimeoutError):
        async with asyncio.timeout(ABANDON_SECONDS):
            if session.lost:
                return await backend.is_gone()
            await backend.clear_exports()
            return await clear_away(session)
    return False
