"""The backups of a random conversation: every sync and mode, held where they could race."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.agreement.world import CLUSTER

if TYPE_CHECKING:
    from random import Random

    from tests.agreement.bitmap import BitmapAuthor
    from tests.agreement.recorder import Recorder
    from tests.agreement.world import Drive, World

_SYNCS = ("full", "full", "incremental", "incremental", "bitmap", "bitmap", "bitmap", "top", "none")
_MODES = ("on-success", "on-success", "never", "always")
_POLICIES = ("report", "stop", "stop", "enospc", "auto")

_ODD: tuple[dict[str, Any], ...] = (
    {"speed": -1},
    {"x-perf": {"max-workers": 0}},
    {"x-perf": {"max-chunk": -1}},
    {"x-perf": {"max-chunk": 4096}},
    {"filter-node-name": "s0"},
    {"filter-node-name": "1x"},
    {"job-id": "1 x"},
    {"job-id": "j1"},
)


class BackupAuthor:
    """Writes the arguments of blockdev-backup."""

    def __init__(self, random: Random, recorder: Recorder, world: World, bitmaps: BitmapAuthor) -> None:
        self._random = random
        self._recorder = recorder
        self._world = world
        self._bitmaps = bitmaps
        self._count = 0
        self._targets: dict[str, str] = {}

    def several(self, count: int, *, grouped: bool) -> list[dict[str, Any]]:
        """Arguments of backups that start together."""
        random = self._random
        running = bool(self._recorder.ask("query-jobs"))
        free = [drive for drive in self._world.targets if drive.node not in self._written() or random.random() < 0.1]
        targets = random.sample(free, min(count, len(free)))
        held = running or count > 1
        return [self._one(target, held=held, whole=grouped and count > 1 and self._world.faulty) for target in targets]

    def _written(self) -> set[str]:
        """The targets of jobs that have not ended."""
        alive = {job["id"] for job in self._recorder.ask("query-jobs") if job["status"] != "concluded"}
        return {target for job, target in self._targets.items() if job in alive}

    def _one(self, target: Drive, *, held: bool, whole: bool) -> dict[str, Any]:
        random = self._random
        source = random.choice(self._world.sources)
        self._count += 1
        arguments: dict[str, Any] = {"device": source.node, "target": target.node, "job-id": f"j{self._count}"}
        self._targets[f"j{self._count}"] = target.node
        arguments |= self._sync(source.node, whole=whole)
        if held or random.random() < 0.6:
            arguments["speed"] = 1
        if "speed" in arguments or source.node.startswith("d") or target.node.startswith("d"):
            # One chunk after the other: how many are under way at once, and which fails first, is a race.
            chunk = random.choice((1, 2, 4)) * max(CLUSTER, target.cluster)
            arguments["x-perf"] = {"max-workers": 1, "max-chunk": chunk}
        for flag in ("auto-finalize", "auto-dismiss"):
            if random.random() < 0.3:
                arguments[flag] = False
        for side in ("on-source-error", "on-target-error"):
            if random.random() < 0.5:
                # An error that stays and is ignored is tried again for ever.
                arguments[side] = random.choice(_POLICIES if self._world.faulty else (*_POLICIES, "ignore"))
        if random.random() < 0.03:
            arguments["target"] = random.choice(("nope", source.node))
        if random.random() < 0.05:
            arguments |= random.choice(_ODD)
        if random.random() < 0.1:
            arguments["filter-node-name"] = f"f{self._count}"
        self._add_ways(arguments)
        return arguments

    def _add_ways(self, arguments: dict[str, Any]) -> None:
        """Other ways of copying; some are unknown to some versions."""
        random = self._random
        if random.random() < 0.1:
            arguments["compress"] = True
        if random.random() < 0.06:
            arguments["discard-source"] = random.random() < 0.8
        if random.random() < 0.06:
            arguments["on-cbw-error"] = random.choice(("break-guest-write", "break-snapshot"))
        if random.random() < 0.06:
            arguments.setdefault("x-perf", {})["min-cluster-size"] = random.choice((0, 3, 4096, 131072, 262144))
        if random.random() < 0.06:
            arguments.setdefault("x-perf", {})["use-copy-range"] = True

    def drive_backup(self) -> dict[str, Any]:
        """Arguments of drive-backup."""
        random = self._random
        arguments = self._one(random.choice(self._world.targets), held=True, whole=False)
        arguments["target"] = f"n{random.randrange(4)}"
        if random.random() < 0.7:
            arguments["format"] = random.choice(("raw", "raw", "qcow2", "qcow2", "qcow2", "foo", "blkdebug"))
        if random.random() < 0.3:
            arguments["mode"] = random.choice(("existing", "absolute-paths"))
        if random.random() < 0.1:
            arguments["target"] = random.choice((self._world.sources[0].file, "nodir/n", ""))
        return arguments

    def _sync(self, node: str, *, whole: bool) -> dict[str, Any]:
        random = self._random
        sync = "full" if whole else random.choice(_SYNCS)
        arguments: dict[str, Any] = {"sync": sync}
        if sync in ("incremental", "bitmap") or random.random() < 0.2:
            arguments["bitmap"] = self._bitmaps.name(node, busy=0.05)
        if sync == "bitmap" or (sync in ("full", "top") and "bitmap" in arguments) or random.random() < 0.03:
            arguments["bitmap-mode"] = random.choice(_MODES)
        return arguments
