"""Plays one script: reads it, opens its backend, runs it, and has the chosen report told. Prints nothing itself."""

from __future__ import annotations

from txsh.actions.step import Qmp
from txsh.check.plan import NOTHING_KNOWN, bind
from txsh.cli.backend import backend_of
from txsh.cli.code import WRONG
from txsh.cli.interrupt import code_of
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.parser import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NamedTuple

    from txsh.actions.step import Plan
    from txsh.check.known import Known
    from txsh.cli.arguments import Arguments
    from txsh.cli.interrupt import Interrupt, Interrupted
    from txsh.cli.output import Output
    from txsh.cli.report import Report
    from txsh.cli.script import Unreadable
    from txsh.session.session import Session
    from txsh.syntax.source import Source
    from txsh.syntax.tree import Script
else:
    from txsh.named import NamedTuple


class Bound(NamedTuple):
    """A script that was read: its plans in order, or what is wrong with it."""

    plans: tuple[Plan, ...]
    diagnostics: list[Diagnostic]
    is_wrong: bool


class Launched(NamedTuple):
    """What is to run on a QEMU that is not there yet: the texts, and what they came to so far."""

    sources: tuple[Source, ...]
    plans: tuple[Plan, ...]

    def has_raw_qmp(self) -> bool:
        """Whether what it comes to depends on that QEMU's schema."""
        return any(isinstance(step, Qmp) for plan in self.plans for step in plan.steps)

    def bind_for(self, version: tuple[int, int], program: str) -> Bound:
        """The same, once it is there: raw QMP is what that QEMU's schema says, and options are those that it has."""
        from txsh.check.since import is_too_new

        if not self.has_raw_qmp() and not any(is_too_new(plan, version) for plan in self.plans):
            return Bound(self.plans, [], is_wrong=False)
        return bind_sources(self.sources, NOTHING_KNOWN._replace(version=version, program=program))


class Player:
    """Plays scripts with the options of one command line.

    Raises:
        UsageError: the backend is none.
    """

    __slots__ = ("_arguments", "_backend", "_interrupt", "_output", "_report")

    def __init__(self, arguments: Arguments, output: Output, interrupt: Interrupt) -> None:
        self._arguments = arguments
        self._backend = backend_of(arguments)
        self._output = output
        self._interrupt = interrupt
        self._report = _report_of(arguments, output)

    def refuse(self, script: Unreadable | Diagnostic) -> int:
        """Say why the text of a script could not be had; returns the exit code."""
        if isinstance(script, Diagnostic):
            self._report.wrong(script.span.source, (script,))
        else:
            self._report.unreadable(script)
        return WRONG

    def broken_off(self, name: str, interrupted: Interrupted) -> int:
        """Say that a signal came before a script could be run; returns the exit code."""
        code = code_of(interrupted.number)
        self._report.broken_off(name, str(interrupted), code)
        return code

    def play(self, source: Source, prelude: Source | None = None) -> int:
        """Play a script; returns the exit code.

        Raises:
            Interrupted: a signal came before it was run.

        Args:
            prelude: a text that runs before it and makes its world; a QEMU attached to has its own.
        """
        report = self._report
        if self._backend.address is not None:
            return self._play_attached(source)
        sources = (source,) if prelude is None else (prelude, source)
        bound = bind_sources(sources, self._known())
        if bound.is_wrong:
            report.wrong(source, bound.diagnostics)
            return WRONG
        report.begin(source, prelude, bound.diagnostics)
        self._interrupt.keeps = True
        if self._backend.program is None:
            from txsh.cli.simulated import play_simulated

            return play_simulated(self._backend, bound.plans, report, self._interrupt)
        from txsh.cli.live import play_live

        return play_live(self._backend, Launched(sources, bound.plans), report, self._interrupt)

    def _known(self) -> Known:
        """What is known of the QEMU before it is there: of one that is launched, only it can tell its version."""
        if self._backend.program is not None:
            return NOTHING_KNOWN
        from txsh.backends.sim.profile import DEFAULT

        return NOTHING_KNOWN._replace(version=self._backend.version or DEFAULT.version)

    def _play_attached(self, source: Source) -> int:
        from txsh.cli.attached import play_attached
        from txsh.cli.consent import Consent

        given, backend = self._arguments.yes, self._arguments.backend or ""
        consent = Consent(self._output, self._interrupt, given=given, backend=backend)
        self._interrupt.keeps = True
        return play_attached(self._backend, source, self._report, self._interrupt, consent)


def bind_sources(sources: Sequence[Source], known: Known = NOTHING_KNOWN) -> Bound:
    """Parse and bind texts that run one after the other; each knows the names of those before."""
    plans = []
    found: list[Diagnostic] = []
    for source in sources:
        script, mistakes = parse(source)
        plan, findings = bind(script, known=known)
        found += _told(script, mistakes, findings)
        if plan is not None:
            plans.append(plan)
            known = known.after(plan)
    return Bound(tuple(plans), found, any(diagnostic.severity == "error" for diagnostic in found))


def _told(script: Script, mistakes: list[Diagnostic], findings: list[Diagnostic]) -> list[Diagnostic]:
    if not mistakes:
        return findings
    from txsh.check.cause import causes

    return causes(script, mistakes, findings)


async def run_plans(session: Session, plans: Sequence[Plan]) -> None:
    """Run plans on one session and end it."""
    for plan in plans:
        if not await session.run(plan):
            break
    await session.finish()


def _report_of(arguments: Arguments, output: Output) -> Report:
    if arguments.format == "json":
        from txsh.cli.report_json import JsonReport

        return JsonReport(output, arguments.backend or "sim")
    from txsh.cli.report_text import TextReport

    return TextReport(output)
