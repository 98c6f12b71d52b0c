"""The bitmap commands and actions of a random conversation: mostly about bitmaps that are there and free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    from tests.agreement.recorder import Recorder
    from tests.agreement.world import Drive, World

NAMES = ("a", "b", "c")
_GRANULARITIES = (None, None, None, 65536, 65536, 4096, 512, 131072, 2 << 20)
_VERBS = ("add", "add", "remove", "clear", "clear", "enable", "disable", "merge", "merge")


class BitmapAuthor:
    """Writes the arguments of block-dirty-bitmap-*."""

    def __init__(self, random: Random, recorder: Recorder, world: World) -> None:
        self._random = random
        self._recorder = recorder
        self._world = world

    def command(self) -> tuple[str, dict[str, Any]]:
        """A command of its own: name and arguments."""
        verb = self._random.choice(_VERBS)
        return f"block-dirty-bitmap-{verb}", self.arguments(verb)

    def action(self) -> dict[str, Any]:
        """An action of a transaction."""
        if self._random.random() < 0.07:
            return {"type": "abort", "data": {}}
        verb = self._random.choice(_VERBS)
        arguments = self.arguments(verb)
        if verb == "enable" and self._random.random() < 0.97:
            # Enabling what is not there kills QEMU inside a transaction (B1): seldom worth a conversation.
            there = self.there(arguments["node"])
            if not there:
                return {"type": "abort", "data": {}}
            arguments["name"] = self._random.choice(sorted(there))
        return {"type": f"block-dirty-bitmap-{verb}", "data": arguments}

    def arguments(self, verb: str, drive: Drive | None = None) -> dict[str, Any]:
        """Arguments for one verb."""
        random = self._random
        drive = drive or random.choice(self._world.sources)
        node = "nope" if random.random() < 0.02 else drive.node
        if verb == "add":
            return {"node": node, "name": self._new(node), **self._options(drive)}
        if verb != "merge":
            return {"node": node, "name": self.name(node)}
        sources: list[Any] = [self.name(node) for _ in range(random.choice((1, 1, 2)))]
        if random.random() < 0.3:
            other = random.choice(self._world.sources).node
            sources.append({"node": other, "name": self.name(other)})
        return {"node": node, "target": self.name(node), "bitmaps": sources}

    def name(self, node: str, *, busy: float = 0.12) -> str:
        """A bitmap of the node, seldom a busy one, seldom none."""
        random = self._random
        there = self.there(node)
        free = sorted(name for name, used in there.items() if not used)
        if free and random.random() >= busy:
            return random.choice(free)
        if there and random.random() < 0.9:
            return random.choice(sorted(there))
        return random.choice((*NAMES, "zz"))

    def there(self, node: str) -> dict[str, bool]:
        """The named bitmaps of a node, and whether each is busy."""
        for found in self._recorder.ask("query-named-block-nodes", flat=True):
            if found["node-name"] == node:
                return {each["name"]: each["busy"] for each in found.get("dirty-bitmaps", []) if "name" in each}
        return {}

    def _new(self, node: str) -> str:
        there = self.there(node)
        unused = [name for name in (*NAMES, "d", "e") if name not in there]
        return self._random.choice(unused if unused and self._random.random() < 0.9 else NAMES)

    def _options(self, drive: Drive) -> dict[str, Any]:
        random = self._random
        options: dict[str, Any] = {}
        granularity = 1000 if random.random() < 0.02 else random.choice(_GRANULARITIES)
        if granularity is not None:
            options["granularity"] = granularity
        storable = drive.format == "qcow2" and not drive.node.startswith("d")
        if random.random() < (0.4 if storable else 0.03):
            options["persistent"] = True
        if random.random() < 0.25:
            options["disabled"] = True
        return options
