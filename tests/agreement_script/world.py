"""The drives and targets of a random script."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_script.draft import Draft

CLUSTER = 65536
_TAILS = (0, 0, 0, 512, 4096, 1536)


class Drive(NamedTuple):
    """A node that a script names.

    Args:
        storable: bitmaps can be persistent.
        zeroes: writing zeroes does to it what no file system has a say in.
    """

    name: str
    size: int
    format: str
    storable: bool
    zeroes: bool


class World(NamedTuple):
    """All of them."""

    sources: list[Drive]
    targets: list[Drive]

    def any(self, random: Random) -> Drive:
        """One to read and write, most often a source."""
        return random.choice(self.sources if random.random() < 0.85 else self.sources + self.targets)


def make(random: Random, draft: Draft) -> World:
    """Declare one to three drives, some with a backing file, and as many targets or one more."""
    size = _size(random)
    sources: list[Drive] = []
    for index in range(random.choice((1, 2, 2, 3))):
        sources += _source(random, draft, f"d{index}", size if random.random() < 0.85 else _size(random))
    targets: list[Drive] = []
    for index in range(len(sources) + random.choice((0, 1))):
        drive = random.choice(sources)
        other = drive.size + 512 if random.random() < 0.05 else drive.size
        targets += _target(random, draft, f"t{index}", other, targets)
    return World(sources, targets)


def _size(random: Random) -> int:
    return random.choice((1, 4, 12, 16, 16, 20, 33)) * CLUSTER + random.choice(_TAILS)


def _source(random: Random, draft: Draft, name: str, size: int) -> list[Drive]:
    if random.random() < 0.2:
        base = f"{name}-base"
        _declare(random, draft, f"drive {base} {size}", "qcow2")
        for _ in range(random.choice((1, 2))):
            start = random.randrange(size // CLUSTER) * CLUSTER
            draft.write(f"write {base} {start}+{min(random.choice((1, 3)) * CLUSTER, size - start)} pattern=0x77")
        return _declare(random, draft, f"drive {name} {size} backing={base}", "qcow2")
    kind = random.choice(("qcow2",) * 6 + ("raw", "raw", "null-co"))
    return _declare(random, draft, f"drive {name} {size}", kind)


def _target(random: Random, draft: Draft, name: str, size: int, before: list[Drive]) -> list[Drive]:
    below = [drive.name for drive in before if drive.format == "qcow2" and drive.size == size]
    if below and random.random() < 0.2:
        return _declare(random, draft, f"target {name} {size} backing={random.choice(below)}", "qcow2")
    kind = random.choice(("qcow2",) * 3 + ("raw", "raw", "null-co"))
    return _declare(random, draft, f"target {name} {size}", kind)


def _declare(random: Random, draft: Draft, text: str, kind: str) -> list[Drive]:
    _, name, size, *options = text.split()
    storable = kind == "qcow2"
    if kind != "qcow2" or random.random() < 0.2:
        text += f" format={kind}"
    elif not options and random.random() < 0.35:
        text += f" cluster={random.choice(('512', '4K', '16K', '128K', '256K', '2M'))}"
    if kind == "qcow2" and random.random() < 0.1:
        text += " compat=v2"
        storable = False
    if random.random() < 0.25:
        text += " discard=unmap"
    if random.random() < 0.05:
        text += " readonly"
    done = draft.write(text)
    return [Drive(name, int(size), kind, storable, kind != "raw")] if done else []
