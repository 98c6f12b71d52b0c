"""What ``txsh serve`` costs beside a real QEMU: CPU time of both processes for the same bytes of the same client.

The simulator is of the version of the real one where it has that profile, so that both say the same.
`python tests/bench/bench_serve.py [ROUNDS]`. Both are up at once and take turns. The table has the median of the rounds
ratios, how many times the served simulator is faster: by the CPU time of the process, and by the clock of the client.
"""

from __future__ import annotations

import json
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.replay.installed import installed_version
from txsh.backends.sim.profile import PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 7
COMMANDS = 200
"""How many of a measure's commands make one figure."""
SIZE_BYTES = 64 << 20
CLUSTER_BYTES = 64 << 10
CLUSTERS = 16
"""How many clusters of the sparse drive hold data."""
SOURCES = {
    "empty": "64 MiB backup, empty",
    "sparse": f"64 MiB backup, {CLUSTERS} clusters",
    "full": "64 MiB backup, full",
}
BITMAPS = 100
SIMULATOR = (sys.executable, "-m", "txsh", "serve")
EVENT_BYTES = 120
"""An event says within so many bytes that it is one."""


class Client:
    """A plain blocking socket: sends a command, reads up to its reply.

    Args:
        path: of the monitor's socket.
        pid: of the process that serves it.
    """

    def __init__(self, path: str, pid: int) -> None:
        self._pid = pid
        self._connection = connect(path)
        self._lines = self._connection.makefile("rb")
        self._events: list[bytes] = []
        self._lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: Any) -> Any:
        """Send a command; returns what it returns."""
        return self.exchange(encoded(command, arguments))

    def exchange(self, message: bytes) -> Any:
        """Send a command's bytes and read up to the reply."""
        self._events.clear()
        self._connection.sendall(message)
        while b'"event": ' in (line := self._lines.readline())[:EVENT_BYTES]:
            self._events.append(line)
        answer = json.loads(line)
        assert "return" in answer, answer
        return answer["return"]

    def wait_for(self, mark: bytes) -> None:
        """Read events up to one that has these bytes, unless it has come since the last command."""
        if not any(mark in event for event in self._events):
            while mark not in self._lines.readline():
                pass

    def cpu_ns(self) -> int:
        """CPU time of all threads of the process so far."""
        tasks = Path(f"/proc/{self._pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)


class Measure(NamedTuple):
    """One line of the table.

    Args:
        name: what is done.
        goal: how many times faster the simulator is to be.
        run: does it on a client, and says how often.
    """

    name: str
    goal: float
    run: Callable[[Client], int]


def encoded(command: str, arguments: dict[str, Any]) -> bytes:
    """A command as a client sends it."""
    request = {"execute": command, "arguments": arguments} if arguments else {"execute": command}
    return json.dumps(request, separators=(",", ":")).encode() + b"\n"


def connect(path: str) -> socket.socket:
    """Connect as soon as somebody listens."""
    for _ in range(1000):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
        except OSError:
            connection.close()
            time.sleep(0.01)
        else:
            return connection
    raise TimeoutError(path)


@contextmanager
def served(words: list[str], path: str) -> Iterator[Client]:
    """A process that serves a monitor at a path, until the block is left."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            yield Client(path, process.pid)
        finally:
            process.kill()


def profile() -> tuple[str, ...]:
    """The option for a simulator of the version of the real QEMU, as far as there is a profile of it."""
    version = installed_version()
    return ("--profile", ".".join(map(str, version))) if version in PROFILES else ()


def prepare(client: Client, folder: str) -> None:
    """Make the drives: `empty`, `sparse` and `full`, a target of each, and `many` with its bitmaps."""
    for name in (*SOURCES, *(f"to-{source}" for source in SOURCES), "many"):
        file = f"{folder}/{name}.img"
        client.ask("blockdev-create", **{"job-id": "c", "options": {"driver": "file", "filename": file, "size": 0}})
        finish(client)
        client.ask("blockdev-add", **{"driver": "file", "node-name": f"{name}-file", "filename": file})
        options = {"driver": "qcow2", "file": f"{name}-file", "size": SIZE_BYTES}
        client.ask("blockdev-create", **{"job-id": "c", "options": options})
        finish(client)
        client.ask("blockdev-add", **{"driver": "qcow2", "node-name": name, "file": f"{name}-file"})
    for start in range(0, SIZE_BYTES, SIZE_BYTES // CLUSTERS):
        client.ask("human-monitor-command", **{"command-line": f'qemu-io sparse "write -P 7 {start} {CLUSTER_BYTES}"'})
    client.ask("human-monitor-command", **{"command-line": f'qemu-io full "write -P 7 0 {SIZE_BYTES}"'})
    for index in range(BITMAPS):
        client.ask("block-dirty-bitmap-add", node="many", name=f"b{index}")
    for index in range(10):
        client.ask("block-dirty-bitmap-add", node="empty", name=f"b{index}")


def finish(client: Client) -> None:
    """Wait for the job `c` and dismiss it."""
    client.wait_for(b'"concluded"')
    client.ask("job-dismiss", id="c")


def transaction(count: int) -> Measure:
    """So many bitmap actions, all of different bitmaps."""
    kinds = ("clear", "disable", "enable")
    actions = [
        {"type": f"block-dirty-bitmap-{kinds[index % 3]}", "data": {"node": "empty", "name": f"b{index}"}}
        for index in range(count)
    ]
    message = encoded("transaction", {"actions": actions})

    def run(client: Client) -> int:
        for _ in range(COMMANDS):
            client.exchange(message)
        return COMMANDS

    return Measure(f"transaction of {count}", {1: 5, 3: 10, 10: 20}[count], run)


def backup(source: str) -> Measure:
    """A backup of all of a drive, to its end."""
    message = encoded("blockdev-backup", {"job-id": "j", "device": source, "target": f"to-{source}", "sync": "full"})

    def run(client: Client) -> int:
        client.exchange(message)
        client.wait_for(b'"null"')
        return 1

    return Measure(SOURCES[source], 5, run)


def query() -> Measure:
    """The nodes, one of them with a hundred bitmaps."""
    message = encoded("query-named-block-nodes", {"flat": True})

    def run(client: Client) -> int:
        for _ in range(COMMANDS // 10):
            nodes = client.exchange(message)
            assert max(len(node.get("dirty-bitmaps", ())) for node in nodes) == BITMAPS
        return COMMANDS // 10

    return Measure("100 bitmaps queried", 1, run)


def measured(measure: Measure, client: Client) -> tuple[float, float]:
    """Microseconds per command: of the process's CPU, and of the client's clock."""
    cpu, clock = client.cpu_ns(), time.perf_counter_ns()
    count = measure.run(client)
    return (client.cpu_ns() - cpu) / count / 1000, (time.perf_counter_ns() - clock) / count / 1000


def main(words: list[str]) -> int:
    """Print the table."""
    rounds = int(words[0]) if words else ROUNDS
    qemu = f"qemu-system-{platform.machine()}"
    if shutil.which(qemu) is None:
        sys.exit(f"needs {qemu}")
    measures = [*map(transaction, (1, 3, 10)), *map(backup, SOURCES), query()]
    with tempfile.TemporaryDirectory(prefix="txsh-") as folder, ExitStack() as stack:
        real, model = f"{folder}/q", f"{folder}/t"
        start = [qemu, "-machine", "none", "-nodefaults", "-display", "none", "-qmp", f"unix:{real},server=on,wait=off"]
        clients = (
            stack.enter_context(served(start, real)),
            stack.enter_context(served([*SIMULATOR, *profile(), "--socket", model], model)),
        )
        for client in clients:
            prepare(client, folder)
        print(f"{'':26}{'QEMU us':>10}{'txsh us':>10}{'CPU x':>8}{'clock x':>9}{'goal':>6}")
        for measure in measures:
            figures = [[measured(measure, client) for client in clients] for _ in range(rounds)]
            costs = [median(figure[place][0] for figure in figures) for place in (0, 1)]
            ratios = [median(qemu[kind] / txsh[kind] for qemu, txsh in figures) for kind in (0, 1)]
            line = f"{measure.name:26}{costs[0]:10.0f}{costs[1]:10.0f}{ratios[0]:8.1f}{ratios[1]:9.1f}{measure.goal:6}"
            print(line + ("" if ratios[0] >= measure.goal else "  missed"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
