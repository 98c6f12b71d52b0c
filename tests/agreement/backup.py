"""The backups of a random conversation: every sync and mode, held where they could race."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.agreement.world import CLUSTER

if TYPE_CHECKING:
    from random import Random

    from tests.agreement.recorder import Recorder
    from tests.agreement.world import Drive, World

_SYNCS = ("full", "full", "incremental", "incremental", "bitmap", "bitmap", "top", "none")
_MODES = ("on-success", "on-success", "never", "always")


class BackupAuthor:
    """Writes the arguments of blockdev-backup."""

    def __init__(self, random: Random, recorder: Recorder, world: World) -> None:
        self._random = random
        self._recorder = recorder
        self._world = world
        self._count = 0

    def several(self, count: int, *, grouped: bool) -> list[dict[str, Any]]:
        """Arguments of backups that start together."""
        racing = grouped and count > 1
        running = {job["id"] for job in self._recorder.ask("query-jobs")}
        targets = self._random.sample(self._world.targets, min(count, len(self._world.targets)))
        return [self._one(target, held=racing or bool(running) or count > 1, grouped=racing) for target in targets]

    def _one(self, target: Drive, *, held: bool, grouped: bool) -> dict[str, Any]:
        random = self._random
        source = random.choice(self._world.sources)
        self._count += 1
        arguments: dict[str, Any] = {"device": source.node, "target": target.node, "job-id": f"j{self._count}"}
        arguments |= self._sync(whole=grouped and self._world.faulty)
        arguments["x-perf"] = {"max-workers": 1, "max-chunk": random.choice((1, 2, 4)) * CLUSTER}
        if held or random.random() < 0.7:
            arguments["speed"] = 1
        for flag in ("auto-finalize", "auto-dismiss"):
            if random.random() < 0.3:
                arguments[flag] = False
        for side in ("on-source-error", "on-target-error"):
            if random.random() < 0.4:
                arguments[side] = random.choice(("report", "stop", "stop", "enospc"))
        if random.random() < 0.03:
            arguments["target"] = random.choice(("nope", source.node))
        if random.random() < 0.1:
            arguments["filter-node-name"] = f"f{self._count}"
        return arguments

    def _sync(self, *, whole: bool) -> dict[str, Any]:
        random = self._random
        sync = "full" if whole else random.choice(_SYNCS)
        arguments: dict[str, Any] = {"sync": sync}
        if sync in ("incremental", "bitmap") or random.random() < 0.3:
            arguments["bitmap"] = random.choice(("a", "b", "b", "c", "zz") if random.random() < 0.3 else ("a", "b"))
        if sync == "bitmap" or (sync in ("full", "top") and "bitmap" in arguments) or random.random() < 0.05:
            arguments["bitmap-mode"] = random.choice(_MODES)
        return arguments
