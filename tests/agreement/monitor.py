"""The human monitor in a random conversation: guest I/O by qemu-io on a node, well and badly said; resizes, stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.agreement.world import CLUSTER

if TYPE_CHECKING:
    from random import Random

    from tests.agreement.recorder import Recorder
    from tests.agreement.world import Drive, World

_ODD_WORDS = ("", "-", "--", "-q", "-C", "-P 7", "-P 300", "-P", "-z", "-u", "-x", "512", "1.5k", "0x200", "1e", "k")
_ODD_LINES = (
    "foo",
    "",
    " ",
    "qemu-io",
    "qemu-io {}",
    'qemu-io {} "write 0 512',
    'qemu-io {} "write 0 512" x',
    "qemu-io -x {} length",
    "qemu-io -d {} length",
    'qemu-io {} "frobnicate 1"',
    "qemu-io {} length",
    "qemu-io {} map",
    'qemu-io {} "alloc 0 64k"',
    "qemu-io zz length",
    "qemu-io {} aio_flush",
    'qemu-io {} "break pwritev_rmw_head A"',
    'qemu-io {} "remove_break A"',
    'qemu-io {} "resume A"',
    'qemu-io {} "sleep 1"',
)


class MonitorAuthor:
    """Writes one line at a time."""

    def __init__(self, random: Random, recorder: Recorder, world: World) -> None:
        self._random = random
        self._recorder = recorder
        self._world = world

    def any(self) -> None:
        """One of all."""
        if self._random.random() < 0.06:
            self._resize(self._random.choice(self._world.sources + self._world.targets))
        elif self._random.random() < 0.15:
            node = self._random.choice(self._world.sources).node
            self._line(self._random.choice(_ODD_LINES).format(node))
        else:
            drive = self._random.choice(self._world.sources * 3 + self._world.targets)
            self._line(f'qemu-io {drive.node} "{self._request(drive)}"')

    def _line(self, line: str) -> None:
        self._recorder.command("human-monitor-command", {"command-line": line})

    def _request(self, drive: Drive) -> str:
        random, size = self._random, self._world.size
        offset = random.randrange(size // CLUSTER) * CLUSTER + random.choice((0, 0, 0, 1, 512, 4096))
        length = random.choice((0, 1, 512, 4096, CLUSTER, CLUSTER, 2 * CLUSTER))
        place = f"{self._number(offset)} {self._number(length)}"
        operations = ["write", "write -P {}", "read", "read -P {}", "discard", "aio_write -P {}", "writev", "flush"]
        if drive.format != "raw":
            operations += ["write -z", "write -zu"]  # of a raw file the file system says what is data
        operation = random.choice(operations).format(random.randrange(1, 250))
        if operation == "flush":
            return operation
        if random.random() < 0.1:
            place = f"{random.choice(_ODD_WORDS)} {place} {random.choice(_ODD_WORDS)}"
        return f"{operation} {place}"

    def _number(self, number: int) -> str:
        if number % 1024 == 0 and self._random.random() < 0.5:
            return f"{number // 1024}k"
        return self._random.choice((str(number), hex(number), f"{number}b"))

    def _resize(self, drive: Drive) -> None:
        """Let it grow, write behind the old end, and shrink it again."""
        size = self._world.size
        node = self._random.choice((drive.node, drive.node, "zz"))
        self._recorder.command("block_resize", {"node-name": node, "size": size + 2 * CLUSTER})
        self._line(f'qemu-io {drive.node} "write {size} {CLUSTER}"')
        self._recorder.command("block_resize", {"node-name": drive.node, "size": size})
