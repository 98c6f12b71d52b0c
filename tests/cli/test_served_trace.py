"""The same script in process, and over a socket through qemu.qmp on a served simulator, gives the same trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.command import txsh
from tests.cli.test_serve import serving

if TYPE_CHECKING:
    from pathlib import Path

NODES = """\
qmp blockdev-add driver=null-co node-name=a size=8388608
qmp blockdev-add driver=null-co node-name=b size=8388608
qmp blockdev-add driver=null-co node-name=c size=8388608
qmp blockdev-add driver=null-co node-name=d size=8388608
"""
BITMAPS = """\
transaction < bitmap-add a.b0; bitmap-add a.b1; bitmap-add c.b0 granularity=512 >
transaction < bitmap-clear a.b0; bitmap-disable a.b1; bitmap-merge c.b0 from=b0 >
transaction < bitmap-remove a.b1; abort > fails
bitmap-add a.b0 fails
bitmap-remove a.b1
expect bitmap a.b0 count=0
show bitmaps
"""
JOBS = """\
bitmap-add a.b0
transaction < bitmap-clear a.b0; backup a to=b job=j auto-finalize=false >
wait j for=pending
finalize j
wait
backup a to=b job=k speed=65536
cancel k
wait
expect job k cancelled
pause k fails
"""
GROUPS = """\
transaction cancel=jobs < backup a to=b job=j; backup c to=d job=k >
wait
transaction cancel=jobs < backup a to=b job=l speed=65536; backup c to=d job=m speed=65536 >
cancel m
wait
expect job l cancelled
"""
PLANS = {"bitmaps": BITMAPS, "jobs": JOBS, "groups": GROUPS}


def told(*words: str) -> tuple[dict[str, Any], int]:
    """The trace that a run gives, without times and what names the backend, and its exit code."""
    done = txsh("--format", "json", *words)
    assert done.stdout, done.stderr
    trace = without_times(json.loads(done.stdout))
    # Nobody looks into the bitmaps of somebody else's QEMU unasked.
    del trace["backend"], trace["extents"]
    first = next(place for place, exchange in enumerate(trace["exchanges"]) if not exchange["look"])
    # Whoever attaches to a QEMU looks first what is there.
    assert all(exchange["span"] is None for exchange in trace["exchanges"][:first])
    del trace["exchanges"][:first]
    return trace, done.returncode


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_times(content) for name, content in value.items() if not name.endswith("_us")}
    if isinstance(value, list):
        return [without_times(element) for element in value]
    return value


@pytest.mark.parametrize("version", ["7.2", "11.1"])
@pytest.mark.parametrize("plan", PLANS)
def test_a_script_gives_the_same_trace_over_a_socket(plan: str, version: str, tmp_path: Path) -> None:
    script = tmp_path / "plan.txsh"
    script.write_text(NODES + PLANS[plan])
    expected, code = told("-b", f"sim:{version}", "run", str(script))
    assert code == 0, expected["verdict"]

    with serving("--profile", version) as served:
        trace, code = told("-b", f"qmp:{served.path}", "--yes", "run", str(script))

    assert code == 0
    for part in expected | trace:
        assert trace.get(part) == expected.get(part), part
