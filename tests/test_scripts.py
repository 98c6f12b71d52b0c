"""Every program in scripts/ passes, and does the same on the simulator and on real QEMUs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.command import CHECKOUT, txsh
from txsh.backends.sim.profile import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = sorted((CHECKOUT / "scripts").glob("*.txsh"), key=lambda path: path.name)
LIVE = [pytest.param(name, marks=pytest.mark.live) for name in ("qemu", "qsd")]


def trace_of(script: Path, backend: str) -> dict[str, Any]:
    done = txsh("-b", backend, "--format", "json", "run", str(script))
    assert done.returncode == 0, done.stderr
    trace: dict[str, Any] = json.loads(done.stdout)
    return trace


def events_by_job(trace: dict[str, Any]) -> dict[str, list[Any]]:
    """What QEMU told of each job, in order, without pauses that nobody asked for."""
    jobs: dict[str, list[Any]] = {}
    for event in trace["events"]:
        data = event["data"]
        job = data.get("id", data.get("device"))
        if not event["incidental"] and event["event"].startswith(("JOB_", "BLOCK_JOB_")):
            jobs.setdefault(job, []).append((event["event"], data))
    return jobs


def comparable(trace: dict[str, Any]) -> dict[str, Any]:
    """All that a simulated and a real run must have in common."""
    return {
        "verdict": trace["verdict"],
        "events": events_by_job(trace),
        "refusals": [(record["span"], record["refusal"]) for record in trace["statements"] if record["refusal"]],
        "errors": [(job["id"], job["outcome"], job["error"]) for job in trace["jobs"]],
        "groups": [(group["outcome"], group["reason"], group["by"]) for group in trace["groups"]],
        "bitmaps": trace["bitmaps"],
        "extents": trace["extents"],
    }


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 8


@pytest.mark.parametrize("version", sorted(PROFILES))
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_passes_on_every_simulator(script: Path, version: tuple[int, int]) -> None:
    assert trace_of(script, f"sim:{version[0]}.{version[1]}")["verdict"]["word"] == "passed"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_says_what_it_shows_and_checks_itself(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0].startswith("# ")
    assert any(line.startswith("expect ") for line in lines)


@pytest.mark.parametrize("backend", LIVE)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_does_the_same_on_a_real_qemu(script: Path, backend: str) -> None:
    trace = trace_of(script, backend)
    real = comparable(trace)
    simulated = comparable(trace_of(script, f"sim:{trace['qemu']['version']}"))
    for member, value in simulated.items():
        assert real[member] == value, member
