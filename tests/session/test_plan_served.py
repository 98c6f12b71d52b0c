"""A plan gives the same trace in process and through qemu.qmp on the simulator's socket, each statement at its time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.agreement_script.author import script
from tests.cli.command import CHECKOUT
from tests.session.play import run
from tests.session.served import ServedBackend
from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.profile import PROFILES
from txsh.report.trace_object import trace_object

if TYPE_CHECKING:
    from pathlib import Path

    from txsh.session.session import Session

SCRIPTS = sorted((CHECKOUT / "scripts").glob("*.txsh"), key=lambda path: path.name)
SEEDS = range(10)
TIME_LIMIT_SECONDS = 30
EVERY_VERSION = pytest.mark.parametrize("version", sorted(PROFILES))

ENDS = {
    "crash": "drive a 1M\ntransaction < bitmap-add a.b; bitmap-enable a.nope >\n",
    "hang": """\
drive a 1M
target t 1M
target u 1M
transaction completion-mode=grouped < backup a to=t; backup a to=u job=k; backup a to=t job=l >
""",
}
"""Defects B1 and B3."""


def traces(text: str, version: tuple[int, int], program: str, *, as_is: bool = False) -> list[dict[str, Any]]:
    """The trace in process, and the one over the socket."""
    backend = SimBackend(version, program)
    near = run_now(run(text, backend, backend.host, as_is=as_is))

    async def served() -> Session:
        async with ServedBackend(version, program) as backend:
            return await run(text, backend, backend.host, as_is=as_is)

    far = asyncio.run(asyncio.wait_for(served(), TIME_LIMIT_SECONDS))
    return [_told(session) for session in (near, far)]


def _told(session: Session) -> dict[str, Any]:
    trace = trace_object(session.trace, "plan.txsh", 0)
    for event in trace["events"]:
        # In process it is when it happened, over the socket when it came.
        del event["time_us"]
    return trace


def assert_same(near: dict[str, Any], far: dict[str, Any]) -> None:
    for member in near | far:
        assert near.get(member) == far.get(member), member


@EVERY_VERSION
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_gives_the_same_trace_over_the_socket(path: Path, version: tuple[int, int]) -> None:
    near, far = traces(path.read_text(), version, "qemu-system")

    assert near["verdict"]["word"] == "passed"
    assert any(not exchange["look"] for exchange in far["exchanges"])
    assert_same(near, far)


@EVERY_VERSION
@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_script_gives_the_same_trace_over_the_socket(seed: int, version: tuple[int, int]) -> None:
    assert_same(*traces(script(seed, version), version, ("qsd", "qemu-system")[seed % 2]))


@EVERY_VERSION
@pytest.mark.parametrize("end", ENDS)
def test_an_end_by_a_defect_gives_the_same_trace_over_the_socket(end: str, version: tuple[int, int]) -> None:
    near, far = traces(ENDS[end], version, "qsd", as_is=True)

    assert near["verdict"]["word"] == "lost"
    assert_same(near, far)
