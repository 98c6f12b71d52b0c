"""A script while it is being written: each statement is tried on the simulator, so that its author knows where he is.

A statement that is refused gets its `fails`; what is written down is the text alone.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.session.running_group import RunningGroup
from txsh.session.session import Session
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

if TYPE_CHECKING:
    from random import Random

    from txsh.actions.step import Plan
    from txsh.model.trace import JobRecord

_READY = frozenset(("waiting", "pending"))
_LOST = frozenset(("aborting", "concluded", "null"))


class Over(Exception):
    """The script has come to its end: its last statement failed, or cannot be simulated."""


class Draft:
    """One script.

    Attributes:
        session: how the script went so far.
        endless: jobs that run until they are cancelled.
    """

    def __init__(self, random: Random, version: tuple[int, int]) -> None:
        backend = SimBackend(version)
        self.session = Session(backend, backend.host)
        self.endless: set[str] = set()
        self._random = random
        self._known = Known(version=version)
        self._texts: list[str] = []

    def text(self) -> str:
        """The script so far."""
        return "".join(f"{text}\n" for text in self._texts)

    def write(self, statement: str, *, closing: str = "", surprise: bool = False) -> bool:
        """Add a statement; returns whether it was done. One that does not bind is not added.

        Args:
            closing: what ends it when it is not to fail: `` >`` of a transaction.
            surprise: leave a refusal without `fails`.

        Raises:
            Over: nothing can follow it.
        """
        text = statement + closing
        plan = self._bind(text)
        if plan is None:
            text = f"{statement}{closing} fails"
            plan = self._bind(text)
        if plan is None:
            return False
        run_now(self.session.run(plan))
        records, trace = self.session.trace.statements, self.session.trace
        record = records[-1]
        if record.outcome == "done":
            for job, sync in re.findall(r"job=(\w+)(?: sync=(\w+))?", text):
                (self.endless.add if sync == "none" else self.endless.discard)(job)
        if record.outcome == "failed":
            if trace.diagnostics[-1].name != "not-simulated":
                self._texts.append(text)
            raise Over
        if record.outcome == "refused":
            if surprise:
                self._texts.append(text)
                raise Over
            text = f"{statement}{closing} fails"
            assert record.refusal is not None
            if self._random.random() < 0.7:
                # QEMU counts the nodes that it names itself from wherever it likes.
                text += f" {json.dumps(re.sub(r'#block[0-9]+', '*', record.refusal.description))}"
            plan = self._bind(text)
            assert plan is not None, text
        self._texts.append(text)
        self._known = self._known.after(plan)
        return record.outcome == "done"

    def living(self) -> list[JobRecord]:
        """The jobs that have not ended."""
        return self.session.jobs.living()

    def held(self) -> list[JobRecord]:
        """The jobs that `release` lets go."""
        return [record for record in self.living() if record.id in self.session.holds]

    def moving(self) -> list[JobRecord]:
        """The jobs that go on while time passes: nothing that they touch may be looked at before a wait."""
        return [record for record in self.living() if self._is_doomed(record) or not self._is_at_rest(record)]

    def mates(self, record: JobRecord) -> list[JobRecord]:
        """The other jobs that live or die with it, those that have not ended."""
        for group in self.session.groups:
            if record in group.members:
                return [mate for mate in group.members if mate is not record and mate in self.living()]
        return []

    def _is_at_rest(self, record: JobRecord) -> bool:
        status = record.statuses[-1]
        if record.id in self.session.holds or record.id in self.endless or status == "paused":
            return True
        mates = self.mates(record)
        if any(mate.statuses[-1] not in _READY for mate in mates):
            return status == ("pending" if self.votes(record) else "waiting")
        return status == "pending" and bool(self.session.jobs.manual.intersection((record, *mates)))

    def _is_doomed(self, record: JobRecord) -> bool:
        """Whether its group goes down, which takes it along, held or not."""
        mates = [mate for group in self.session.groups if record in group.members for mate in group.members]
        return any(mate.statuses[-1] in _LOST for mate in mates)

    def votes(self, record: JobRecord) -> bool:
        """Whether its group is run by txsh, so that it comes to pending alone."""
        return any(record in group.members for group in self.session.groups if isinstance(group, RunningGroup))

    def _bind(self, text: str) -> Plan | None:
        script, unreadable = parse(Source("draft", text))
        assert unreadable == [], (text, unreadable)
        plan, _ = bind(script, known=self._known)
        return plan
