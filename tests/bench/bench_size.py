"""What a 64 TiB drive costs, as ratios to a 64 MiB one with the same extents, on the simulator.

`python tests/bench/bench_size.py [ROUNDS]`. Each operation is a script; both sizes run it in turn, CPU time of the run
alone (no start, no parsing) is what counts, and the median of the ratios within a round is printed. The goal is 1.10.
"""

from __future__ import annotations

import sys
import time
from statistics import median
from typing import TYPE_CHECKING

from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.check.plan import bind
from txsh.session.session import Session
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

if TYPE_CHECKING:
    from txsh.actions.step import Plan

SIZES = ("64M", "64T")
ROUNDS = 15
REPEATS = 3

WORLD = """\
drive d {size}
drive e {size}
target t {size}
bitmap-add d.b granularity=64K
bitmap-add d.c granularity=64K
write d 0+1M
write d 8M+128K
write d 63M+64K
"""

OPERATIONS = {
    "drive, write": "",
    "read, zero, discard": "read d 0+4M\nzero d 1M+1M\ndiscard d 2M+1M\nflush d\n" * 8,
    "many writes": "".join(f"write d {64 * (i * 37 % 1000)}K+4K\n" for i in range(100)),
    "bitmap-add, -remove": "bitmap-add d.x\nbitmap-remove d.x\n" * 20,
    "bitmap-merge, -clear": "bitmap-merge d.c from=b\nbitmap-clear d.c\n" * 20,
    "bitmap-disable, -enable": "bitmap-disable d.b\nbitmap-enable d.b\n" * 20,
    "refused transaction": "transaction < bitmap-clear d.b; bitmap-merge d.c from=b; abort > fails\n" * 20,
    "incremental backup": "backup d bitmap=b to=t job=j\nwrite d 3M+64K\nwait\n" * 4,
    "sync=top backup": "backup d sync=top to=t job=j\nwait\n" * 4,
    "cancel=all, committed": "transaction cancel=all < backup d bitmap=b to=t job=j; bitmap-clear d.c >\nwait\n" * 4,
    "cancel=all, cancelled": (
        "fault t write\n"
        + "transaction cancel=all < backup d bitmap=b to=t job=j; bitmap-clear d.c >\nwait\nexpect job j failed\n" * 4
    ),
    "full backup": "backup d sync=full to=t job=j\nwait timeout=9000000m\nexpect data t same=d\n" * 4,
    "remember, expect": "remember r d\n" + "expect data d same=r\nexpect bitmap d.b count=1216K\nshow bitmaps\n" * 8,
}


def plan_of(text: str) -> Plan:
    script, wrong = parse(Source("bench.txsh", text))
    plan, more = bind(script)
    assert plan is not None, (wrong, more)
    return plan


def cpu_seconds(plan: Plan) -> float:
    """CPU time of a run."""
    start = time.process_time()
    for _ in range(REPEATS):
        backend = SimBackend()
        session = Session(backend, backend.host)
        run_now(session.run(plan))
        run_now(session.finish())
        assert session.trace.verdict.word == "passed", session.trace.diagnostics
    return time.process_time() - start


def main(rounds: int) -> None:
    print(f"{rounds} rounds, CPU time, {SIZES[1]} against {SIZES[0]}; goal 1.10")
    for name, operation in OPERATIONS.items():
        plans = [plan_of(WORLD.format(size=size) + operation) for size in SIZES]
        for plan in plans:
            cpu_seconds(plan)
        times = [[cpu_seconds(plan) for plan in plans] for _ in range(rounds)]
        ratio = median(large / small for small, large in times)
        print(f"  {name:28} {ratio:5.2f} x   ({1000 * median(small for small, _ in times) / REPEATS:.2f} ms)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
