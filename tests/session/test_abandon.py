"""Runs that are broken off, and backends that go away or have no model of something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.session.play import plan_of
from txsh.backends.base import BackendLost, HostUnable, NotSimulated, run_now
from txsh.backends.sim.backend import SimBackend
from txsh.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.model.event import Event

WORLD = """\
drive d 1M
drive e 1M
target t 1M
bitmap-add d.b
bitmap-add e.b
write d 0+1M
write e 0+64K
"""
GROUP = "transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j hold=64K >\n"


class Spoilt(SimBackend):
    """A simulator that does something else at the n-th occurrence of a command.

    `how` is ``before`` (lost before it was carried out), ``after`` (carried out, the reply lost with QEMU), or
    ``cut`` (carried out, and whoever waited for the reply was interrupted).
    """

    def __init__(self, command: str, occurrence: int, how: str) -> None:
        super().__init__()
        self._left = occurrence
        self._command = command
        self._how = how
        self._is_gone = False

    async def execute(self, command: str, arguments: Mapping[str, Any], *, look: bool = False) -> Any:
        if self._is_gone:
            raise BackendLost("QEMU is gone")
        self._left -= command == self._command and not look
        if self._left == 0 and command == self._command and not look:
            self._left = -1
            if self._how != "before":
                await super().execute(command, arguments, look=look)
            if self._how == "cut":
                raise KeyboardInterrupt
            self._is_gone = True
            raise BackendLost("QEMU was killed by SIGKILL", f"{command} was sent and not answered")
        return await super().execute(command, arguments, look=look)

    async def next_event(self, deadline_us: int | None) -> Event | None:
        if self._is_gone and not self.world.events:
            raise BackendLost("QEMU is gone")
        return await super().next_event(deadline_us)


def own_bitmaps(backend: SimBackend) -> list[str]:
    """Names of all bitmaps that are there."""
    nodes = run_now(backend.execute("query-named-block-nodes", {"flat": True}))
    return sorted(bitmap.get("name", "?") for node in nodes for bitmap in node.get("dirty-bitmaps", ()))


@pytest.mark.parametrize("mode", ["all", "jobs"])
def test_an_abandoned_group_is_aborted_and_nothing_of_it_stays(mode: str) -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)
    run_now(session.run(plan_of(WORLD + GROUP.replace("all", mode))))

    run_now(session.abandon("interrupted by the user"))

    assert session.trace.verdict == ("failed", "interrupted by the user", None)
    assert session.trace.groups[0].outcome == "cancelled"
    assert session.trace.groups[0].reason == "interrupted by the user"
    assert own_bitmaps(backend) == ["b", "b"]
    assert run_now(backend.execute("query-jobs", {})) == []
    assert session.trace.extents["e.b"] == ([(0, 65536)] if mode == "all" else [])


def test_abandoning_cancels_every_job_of_the_run() -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)
    run_now(session.run(plan_of(f"{WORLD}backup d to=t job=j hold=0\n")))

    run_now(session.abandon("terminated"))

    assert run_now(backend.execute("query-jobs", {})) == []
    assert session.trace.jobs[0].reason == "terminated"


def test_abandoning_twice_does_no_harm() -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)
    run_now(session.run(plan_of(WORLD + GROUP)))

    run_now(session.abandon("once"))
    run_now(session.abandon("twice"))

    assert session.trace.verdict.reason == "once"


@pytest.mark.parametrize(
    ("occurrence", "outcome", "extents"),
    [
        (1, "cancelled", [(0, 65536)]),  # T1
        (2, "committed", []),  # T3: carried out, so it is finished
        (3, "committed", []),  # the clean-up
    ],
)
def test_a_run_cut_off_between_a_command_and_its_reply_looks_what_became_of_it(
    occurrence: int, outcome: str, extents: list[tuple[int, int]]
) -> None:
    backend = Spoilt("transaction", occurrence, "cut")
    session = Session(backend, backend.host)
    with pytest.raises(KeyboardInterrupt):
        run_now(session.run(plan_of(f"{WORLD}{GROUP}release j\nwait\n")))

    run_now(session.abandon("interrupted by the user"))

    (group,) = session.trace.groups
    assert group.outcome == outcome
    assert {record.outcome for record in session.trace.jobs} == {"completed" if outcome == "committed" else outcome}
    assert session.trace.extents["e.b"] == extents
    assert own_bitmaps(backend) == ["b", "b"]
    assert run_now(backend.execute("query-jobs", {})) == []


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_command_that_a_lost_backend_did_not_answer_is_named(how: str) -> None:
    backend = Spoilt("blockdev-backup", 1, how)
    session = Session(backend, backend.host)

    run_now(session.run(plan_of(f"{WORLD}backup d to=t job=j\n")))
    run_now(session.finish())

    unknown = "blockdev-backup was sent and not answered"
    assert session.trace.verdict == ("lost", "QEMU was killed by SIGKILL", unknown)
    assert ("JOB_STATUS_CHANGE" in {event.name for event in session.trace.events}) == (how == "after")


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize(
    ("occurrence", "outcome", "unknown"),
    [
        (1, "cancelled", "transaction was sent and not answered"),
        (2, "unknown", "the commit of the transaction in line 8"),
        (3, "committed", "transaction was sent and not answered"),
    ],
)
def test_a_backend_lost_in_a_group_is_said_with_what_is_unknown(
    how: str, occurrence: int, outcome: str, unknown: str
) -> None:
    backend = Spoilt("transaction", occurrence, how)
    session = Session(backend, backend.host)

    run_now(session.run(plan_of(f"{WORLD}{GROUP}release j\nwait\necho never\n")))
    run_now(session.finish())

    verdict = session.trace.verdict
    assert verdict == ("lost", "QEMU was killed by SIGKILL", unknown)
    assert session.trace.groups[0].outcome == outcome
    assert session.trace.bitmaps is None
    assert session.trace.statements[-1].verb in ("transaction", "wait")
    assert session.trace.statements[-1].outcome == "failed"


def test_a_group_that_a_lost_qemu_kept_together_is_unknown() -> None:
    backend = Spoilt("job-cancel", 1, "before")
    session = Session(backend, backend.host)

    run_now(session.run(plan_of(f"{WORLD}transaction cancel=all < backup d to=t job=j hold=64K >\n")))
    run_now(session.finish())

    (group,) = session.trace.groups
    assert (group.by, group.outcome) == ("qemu", "unknown")
    assert group.reason == "its jobs were not seen to end: QEMU was killed by SIGKILL"


def test_a_group_of_qemu_that_is_abandoned_tells_why() -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)
    run_now(session.run(plan_of(f"{WORLD}transaction cancel=all < backup d to=t job=j hold=64K >\n")))

    run_now(session.abandon("ended by SIGTERM"))

    (group,) = session.trace.groups
    assert (group.by, group.outcome, group.reason) == ("qemu", "cancelled", "ended by SIGTERM")


def test_a_backend_lost_at_the_end_is_lost_too() -> None:
    backend = Spoilt("job-cancel", 1, "before")
    session = Session(backend, backend.host)

    run_now(session.run(plan_of(f"{WORLD}backup d to=t job=j hold=0\n")))
    run_now(session.finish())

    assert session.trace.verdict.word == "lost"


def test_a_crash_that_the_simulator_foresees_loses_it() -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)
    run_now(session.run(plan_of("drive d 1M\n")))

    crash = {"actions": [{"type": "block-dirty-bitmap-enable", "data": {"node": "d", "name": "nope"}}]}
    with pytest.raises(BackendLost):
        run_now(session.send("transaction", crash))


def test_what_has_no_model_is_named_and_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)

    async def without_model(*_: object) -> None:
        raise NotSimulated("option 'unmap' of a discard")

    monkeypatch.setattr(type(backend.host), "discard", without_model)
    run_now(session.run(plan_of("drive d 1M\ndiscard d 0+64K\necho never\n")))
    run_now(session.finish())

    (diagnostic,) = session.trace.diagnostics
    assert diagnostic.name == "not-simulated"
    assert diagnostic.message == "the simulator has no model of option 'unmap' of a discard"
    assert diagnostic.span.text == "discard d 0+64K"
    assert session.trace.verdict.word == "failed"


def test_what_the_host_cannot_do_fails_the_statement_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)

    async def unable(*_: object) -> None:
        raise HostUnable("no-guest-io", "this backend cannot write as the guest", "launch one with '-b qemu'")

    monkeypatch.setattr(type(backend.host), "write", unable)
    run_now(session.run(plan_of("drive d 1M\nwrite d 0+64K\necho never\n")))

    (diagnostic,) = session.trace.diagnostics
    assert (diagnostic.name, diagnostic.help) == ("no-guest-io", "launch one with '-b qemu'")
    assert diagnostic.span.text == "write d 0+64K"


def test_one_session_runs_plan_after_plan_and_a_failed_one_does_not_end_it() -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)

    assert not run_now(session.run(plan_of("drive d 1M\nbitmap-clear d.nope\necho never\n")))
    assert run_now(session.run(plan_of("drive e 1M\nbitmap-add e.b\n")))

    assert [statement.outcome for statement in session.trace.statements] == ["done", "refused", "done", "done"]
    assert len(session.trace.sources) == 2


def test_whoever_watches_sees_everything_in_order() -> None:
    seen: list[object] = []
    backend = SimBackend()
    session = Session(backend, backend.host, watch=seen.append)
    run_now(session.run(plan_of("drive d 1M\ntarget t 1M\nbackup d to=t job=j\nwait\nbitmap-clear d.nope\n")))

    trace = session.trace
    kinds = ("Exchange", "Event", "StatementRecord", "Diagnostic")
    expected = [*trace.exchanges, *trace.events, *trace.statements, *trace.diagnostics]
    assert {type(record).__name__ for record in seen} == set(kinds)
    assert len(seen) == len(expected)
    assert [record for record in seen if record in trace.events] == trace.events
