"""What a random conversation does now and then: restarts, exports of bitmaps, nodes taken away, wrong numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.agreement.world import open_drives

if TYPE_CHECKING:
    from random import Random

    from tests.agreement.bitmap import BitmapAuthor
    from tests.agreement.recorder import Recorder
    from tests.agreement.world import World


class OddityAuthor:
    """Does one of them at a time."""

    def __init__(self, random: Random, recorder: Recorder, world: World, bitmaps: BitmapAuthor) -> None:
        self._random = random
        self._recorder = recorder
        self._world = world
        self._bitmaps = bitmaps
        self._exports = 0

    def any(self) -> None:
        """One of all."""
        oddities = [self._restart, self._remove_node, self._export, self._export, self._unexport, self._query]
        if self._recorder.program == "system":
            oddities.append(self._stop)
        self._random.choice(oddities)()

    def _restart(self) -> None:
        how = self._random.choice(("quit", "killed"))
        if how == "killed":
            for each in self._world.sources:
                self._recorder.guest(each.node, "flush", 0, 0, None)  # what was not flushed may be lost or not
        self._recorder.end(how)
        self._recorder.start()
        open_drives(self._recorder, self._world)

    def _remove_node(self) -> None:
        drive = self._random.choice(self._world.sources + self._world.targets)
        self._recorder.command("blockdev-del", {"node-name": drive.node})
        nodes = self._recorder.ask("query-named-block-nodes", flat=True)
        if not any(node["node-name"] == drive.node for node in nodes):
            self._recorder.command("blockdev-add", drive.adds[-1])

    def _export(self) -> None:
        drive = self._random.choice(self._world.sources + self._world.targets[:1])
        self._exports += 1
        name = f"x{self._exports}"
        arguments: dict[str, Any] = {"type": "nbd", "id": name, "name": name, "node-name": drive.node}
        if self._random.random() < 0.7:
            arguments["bitmaps"] = [self._bitmaps.name(drive.node)]
        if self._random.random() < 0.6:
            arguments["writable"] = True
        self._recorder.command("block-export-add", arguments)

    def _unexport(self) -> None:
        export = f"x{self._random.randint(max(1, self._exports - 2), self._exports + 1)}"
        self._recorder.command("block-export-del", {"id": export})

    def _query(self) -> None:
        self._recorder.command("query-named-block-nodes", {"flat": True})
        self._recorder.command("query-block-exports", {})

    def _stop(self) -> None:
        self._recorder.command("stop", {})
        self._recorder.command("cont", {})
