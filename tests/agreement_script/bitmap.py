"""The bitmap actions of a random script: mostly about bitmaps that are there and free."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_script.draft import Draft
    from tests.agreement_script.world import Drive, World

_NAMES = ("a", "b", "c", "d")
_ODD_NAMES = ('"odd name"', '"a.b"', "ü")
_GRANULARITIES = ("", "", "", "64K", "4K", "512", "128K", "2M")


class BitmapAuthor:
    """Writes `bitmap-*`."""

    def __init__(self, random: Random, draft: Draft, world: World) -> None:
        self._random = random
        self._draft = draft
        self._world = world

    def action(self) -> str:
        """Any of them."""
        random = self._random
        verb = random.choice(("add", "add", "remove", "clear", "clear", "enable", "disable", "merge", "merge"))
        if verb == "add":
            return self.add()
        drive = self._drive()
        node = "nope" if random.random() < 0.02 else drive.name
        text = f"bitmap-{verb} {node}.{self.name(drive)}"
        if verb == "merge":
            sources = [self.name(drive) for _ in range(random.choice((1, 1, 2)))]
            if random.random() < 0.3:
                other = self._drive()
                sources.append(f"{other.name}.{self.name(other)}")
            text += f" from={sources[0]}" if len(sources) == 1 else f" from=[{', '.join(sources)}]"
        return text

    def add(self) -> str:
        """A new one."""
        random, drive = self._random, self._drive()
        there = self._there(drive)
        unused = [name for name in _NAMES if name not in there]
        name = random.choice(unused if unused and random.random() < 0.9 else _NAMES)
        if random.random() < 0.05:
            name = random.choice(_ODD_NAMES)
        text = f"bitmap-add {drive.name}.{name}"
        granularity = random.choice(("1000", "256")) if random.random() < 0.03 else random.choice(_GRANULARITIES)
        if granularity:
            text += f" granularity={granularity}"
        if random.random() < (0.3 if drive.storable else 0.03):
            text += " persistent"
        if random.random() < 0.25:
            text += " disabled"
        return text

    def name(self, drive: Drive) -> str:
        """A bitmap of the drive, seldom a busy one, seldom none."""
        random, there = self._random, self._there(drive)
        free = sorted(name for name, busy in there.items() if not busy and name in _NAMES)
        if free and random.random() < 0.9:
            return random.choice(free)
        return random.choice((*_NAMES, "zz"))

    def _drive(self) -> Drive:
        return self._world.any(self._random)

    def _there(self, drive: Drive) -> dict[str, bool]:
        return {info.name: info.busy for info in self._draft.session.bitmaps.values() if info.node == drive.name}
