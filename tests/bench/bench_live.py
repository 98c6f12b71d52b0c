"""What a statement costs on a real QEMU, as a ratio to qemu.qmp alone sending the same commands.

`python tests/bench/bench_live.py [ROUNDS]`. Each statement is run many times by txsh, and the commands that it sent are
sent by a bare qemu.qmp client to another QEMU in the same state, in turn. The median of the ratios within a round is
printed: of wall time, and of the client's CPU time; once without what txsh asks for its own sake (what a statement has
changed), once with it. The goal is 1.10 for a transaction of three actions.
"""

from __future__ import annotations

import asyncio
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from qemu.qmp import QMPClient

from tests.live.standing import Standing
from txsh.backends.live.address import Address
from txsh.backends.live.attach import attach
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.session.session import Session
from txsh.session.standing import take_in
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from txsh.actions.step import Plan

ROUNDS = 15
REPEATS = 40
BITMAPS = ("b", "c", "e")

STATEMENTS = {
    "one action alone": "bitmap-clear d.b\n",
    "transaction of three actions": "transaction < bitmap-clear d.b; bitmap-merge d.c from=b; bitmap-disable d.e >\n",
    "transaction of ten actions": "transaction < " + "bitmap-clear d.b; bitmap-clear d.c; " * 5 + ">\n",
}

Commands = list[tuple[str, Any]]


def plan_of(text: str) -> Plan:
    script, wrong = parse(Source("bench.txsh", text))
    plan, more = bind(script, known=Known(nodes=frozenset({"d"})))
    assert plan is not None, (wrong, more)
    return plan


async def times(run: Callable[[], Coroutine[Any, Any, None]]) -> tuple[float, float]:
    """Wall and CPU time of a run."""
    wall, cpu = time.perf_counter(), time.process_time()
    await run()
    return time.perf_counter() - wall, time.process_time() - cpu


class Bench:
    """One statement on two QEMUs."""

    def __init__(self, session: Session, client: QMPClient, text: str) -> None:
        self._session = session
        self._client = client
        self._plan = plan_of(text * REPEATS)

    async def ours(self) -> None:
        assert await self._session.run(self._plan), self._session.trace.diagnostics

    async def commands(self) -> tuple[Commands, Commands]:
        """What the script sent: without its looks, and with them."""
        start = len(self._session.trace.exchanges)
        await self.ours()
        sent = self._session.trace.exchanges[start:]
        everything = [(exchange.command, exchange.arguments) for exchange in sent]
        return [(each.command, each.arguments) for each in sent if not each.look], everything

    def theirs(self, commands: Commands) -> Callable[[], Coroutine[Any, Any, None]]:
        async def run() -> None:
            for command, arguments in commands:
                await self._client.execute(command, dict(arguments) or None)

        return run


def ratios(measured: Sequence[tuple[tuple[float, float], ...]], other: int) -> str:
    """Median ratios of the first run of each round to another one."""
    wall = median(times[0][0] / times[other][0] for times in measured)
    cpu = median(times[0][1] / times[other][1] for times in measured)
    return f"wall {wall:4.2f} x, CPU {cpu:4.2f} x"


async def measure(ours: Standing, theirs: Standing, rounds: int) -> None:
    backend = await attach(Address(ours.path), "qmp:bench")
    client = QMPClient("bench")
    await client.connect(theirs.path)
    try:
        session = Session(backend, backend.host)
        await take_in(session)
        for name, text in STATEMENTS.items():
            bench = Bench(session, client, text)
            bare, everything = await bench.commands()
            runs = (bench.ours, bench.theirs(bare), bench.theirs(everything))
            measured = [tuple([await times(run) for run in runs]) for _ in range(rounds)]
            alone_us = 1e6 * median(times[1][0] for times in measured) / REPEATS
            print(f"  {name:30} {ratios(measured, 1)} of the same without looks ({alone_us:.0f} us a statement)")
            print(f"  {'':30} {ratios(measured, 2)} of the same with them")
    finally:
        await client.disconnect()
        await backend.close()


def main(rounds: int) -> None:
    print(f"{rounds} rounds; goal 1.10 for three actions")
    with Standing("qsd") as ours, Standing("qsd") as theirs:
        for qemu in (ours, theirs):
            qemu.drive("d", *BITMAPS)
        asyncio.run(measure(ours, theirs, rounds))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
