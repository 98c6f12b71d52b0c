"""The drives of a random conversation: sources, targets, faults on them, exports for the guest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from random import Random

    from tests.agreement.recorder import Recorder

CLUSTER = 65536
_ERRNOS = (5, 28)


class Drive(NamedTuple):
    """One node that commands name.

    Args:
        node: the node on top: a fault filter or the format itself.
        file: its image.
        format: ``raw`` or ``qcow2``.
        cluster: bytes it is written in.
        faulty: it has a fault that stays.
        adds: the blockdev-add arguments that make it, in order.
    """

    node: str
    file: str
    format: str
    cluster: int
    faulty: bool
    adds: tuple[dict[str, Any], ...]


class World(NamedTuple):
    """All drives."""

    size: int
    sources: list[Drive]
    targets: list[Drive]

    @property
    def faulty(self) -> bool:
        """Whether something may fail."""
        return any(drive.faulty for drive in self.sources + self.targets)


def make(random: Random, recorder: Recorder) -> World:
    """Make images for one to three drives and as many targets, and start with them."""
    size = random.choice((16, 16, 16, 12)) * CLUSTER + random.choice((0, 0, 0, 512, 4096))
    recorder.start()
    count = random.choice((1, 2, 2, 3))
    sources = [_drive(random, recorder, f"s{index}", size, source=True) for index in range(count)]
    targets = [_drive(random, recorder, f"t{index}", size, source=False) for index in range(count + 1)]
    world = World(size, sources, targets)
    open_drives(recorder, world)
    return world


def open_drives(recorder: Recorder, world: World) -> None:
    """Add all nodes to a process just started, and export the sources."""
    for drive in world.sources + world.targets:
        for arguments in drive.adds:
            recorder.command("blockdev-add", arguments)
    recorder.command("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "nbd.sock"}}})
    for drive in world.sources:
        arguments = {"type": "nbd", "id": drive.node, "name": drive.node, "node-name": drive.node, "writable": True}
        recorder.command("block-export-add", arguments)


def _drive(random: Random, recorder: Recorder, name: str, size: int, *, source: bool) -> Drive:
    kind = random.choice(("qcow2", "qcow2", "raw") if source else ("qcow2", "raw", "raw"))
    options: dict[str, str] = {}
    if kind == "qcow2" and random.random() < 0.3:
        options["cluster_size"] = random.choice(("4096", "16384", "262144"))
    backing = None
    if source and kind == "qcow2" and random.random() < 0.2:
        backing = f"{name}.base"
        recorder.image(backing, "qcow2", size, _data(random, size))
    recorder.image(f"{name}.{kind}", kind, size, _data(random, size) if source else [], backing=backing, **options)
    cluster = int(options.get("cluster_size", CLUSTER))
    node: dict[str, Any] = {"driver": kind, "node-name": name, "file": {"driver": "file", "filename": f"{name}.{kind}"}}
    if random.random() < 0.2:
        node["discard"] = "unmap"
    if random.random() >= 0.4:
        return Drive(name, f"{name}.{kind}", kind, cluster, faulty=False, adds=(node,))
    rules = _rules(random, source=source)
    filtered = {"driver": "blkdebug", "node-name": f"d{name}", "image": name, "inject-error": rules}
    faulty = any(not rule["once"] for rule in rules)
    return Drive(f"d{name}", f"{name}.{kind}", kind, cluster, faulty, (node, filtered))


def _data(random: Random, size: int) -> list[list[int]]:
    if random.random() < 0.6:
        return [[0, size, 17]]
    clusters = range(size // CLUSTER)
    return [[cluster * CLUSTER, CLUSTER, 17] for cluster in sorted(random.sample(clusters, random.randrange(8)))]


def _rules(random: Random, *, source: bool) -> list[dict[str, Any]]:
    # Late enough that a job held after its first chunk has not met it.
    sector = random.randrange(6, 12) * CLUSTER // 512
    once, errno = random.random() < 0.4, random.choice(_ERRNOS)
    kinds = ("read",) if source else ("write", "write-zeroes")
    return [{"event": "none", "iotype": kind, "errno": errno, "sector": sector, "once": once} for kind in kinds]
