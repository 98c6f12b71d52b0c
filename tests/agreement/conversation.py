"""Random conversations about transactions: any command of the list in any state, faults, guest writes, restarts.

A conversation is made while the simulator answers it, so that most commands name what is there. Only what is at rest is
compared: jobs that could race each other are held by their speed and released one at a time.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from tests.agreement.backup import BackupAuthor
from tests.agreement.recorder import Lost, Recorder
from tests.agreement.world import CLUSTER, World, make, open_drives

if TYPE_CHECKING:
    from tests.replay.recording import Recording

_STEPS = 25
_GRANULARITIES = (None, None, 65536, 4096, 512, 131072, 2 << 20, 1000)
_JOB_VERBS = ("cancel", "cancel", "pause", "resume", "finalize", "finalize", "dismiss", "complete")


def conversation(seed: int) -> Recording:
    """The conversation of one seed, with the simulator's answers."""
    recorder = Recorder(f"seed-{seed}")
    author = _Author(Random(seed), recorder)
    try:
        author.write()
    except Lost:
        return recorder.recording()
    return recorder.recording()


class _Author:
    def __init__(self, random: Random, recorder: Recorder) -> None:
        self._random = random
        self._recorder = recorder
        self._world: World = make(random, recorder)
        self._backups = BackupAuthor(random, recorder, self._world)

    def write(self) -> None:
        for _ in range(3):
            self._bitmap_command("add")
        for _ in range(_STEPS):
            steps = (self._bitmap_command, self._transaction, self._guest, self._verb, self._release, self._backup)
            self._random.choices(steps, (3, 5, 4, 4, 2, 1))[0]()
            if self._random.random() < 0.02:
                self._restart()
            self._look()
        for job in self._jobs():
            self._recorder.command("block-job-set-speed", {"device": job, "speed": 0})
        self._look()
        for drive in self._world.targets:
            if drive.format == "raw":
                self._recorder.look_at_file(drive.file)
        self._recorder.end("killed")

    def _look(self) -> None:
        self._recorder.look([drive.node for drive in self._world.sources])

    def _bitmap_command(self, verb: str | None = None) -> None:
        verb = verb or self._random.choice(("add", "add", "remove", "clear", "enable", "disable", "merge"))
        self._recorder.command(f"block-dirty-bitmap-{verb}", self._bitmap_arguments(verb))

    def _bitmap_arguments(self, verb: str) -> dict[str, Any]:
        random, node = self._random, self._node()
        if verb == "merge":
            sources: list[Any] = [self._name() for _ in range(random.choice((1, 1, 2)))]
            if random.random() < 0.3:
                sources.append({"node": self._node(), "name": self._name()})
            return {"node": node, "target": self._name(), "bitmaps": sources}
        arguments: dict[str, Any] = {"node": node, "name": self._name()}
        if verb == "add":
            if (granularity := random.choice(_GRANULARITIES)) is not None:
                arguments["granularity"] = granularity
            for flag in ("persistent", "disabled"):
                if random.random() < 0.25:
                    arguments[flag] = True
        return arguments

    def _transaction(self) -> None:
        random = self._random
        grouped = random.random() < 0.35
        backups = random.choice((0, 1, 1, 2, 3) if not grouped else (1, 2, 2, 3))
        count = random.choice((0, 1, 2, 3)) if not grouped or random.random() < 0.1 else 0
        actions = [self._action() for _ in range(count)]
        jobs = self._backups.several(backups, grouped=grouped)
        # One that loses its bitmap when something after it is refused (B9) may kill QEMU; it comes last.
        jobs.sort(key=lambda job: job.get("bitmap-mode") == "always")
        if sum(job.get("bitmap-mode") == "always" for job in jobs) > 1:
            del jobs[-1]
        first = [{"type": "blockdev-backup", "data": job} for job in jobs if job.get("bitmap-mode") != "always"]
        last = [{"type": "blockdev-backup", "data": job} for job in jobs if job.get("bitmap-mode") == "always"]
        mixed = actions + first
        random.shuffle(mixed)
        arguments: dict[str, Any] = {"actions": mixed + last}
        if grouped:
            arguments["properties"] = {"completion-mode": "grouped"}
        self._recorder.command("transaction", arguments)

    def _action(self) -> dict[str, Any]:
        if self._random.random() < 0.12:
            return {"type": "abort", "data": {}}
        verb = self._random.choice(("add", "remove", "clear", "clear", "enable", "disable", "merge", "merge"))
        arguments = self._bitmap_arguments(verb)
        if verb == "enable" and self._random.random() < 0.95:
            # Enabling what is not there kills QEMU inside a transaction (B1): seldom worth a conversation.
            there = [name for name, _ in self._bitmaps(arguments["node"])]
            if not there:
                return {"type": "block-dirty-bitmap-clear", "data": arguments}
            arguments["name"] = self._random.choice(there)
        return {"type": f"block-dirty-bitmap-{verb}", "data": arguments}

    def _backup(self) -> None:
        for arguments in self._backups.several(1, grouped=False):
            self._recorder.command("blockdev-backup", arguments)

    def _guest(self) -> None:
        random, size = self._random, self._world.size
        drive = random.choice(self._world.sources)
        offset = random.randrange(size // CLUSTER) * CLUSTER
        length = random.choice((1, 1, 2, 3)) * CLUSTER
        if random.random() < 0.3:
            offset, length = offset + random.choice((512, 4096)), random.choice((512, 4096, CLUSTER))
        length = min(length, size - offset)
        op = random.choice(("write",) * 6 + ("write-zeroes", "discard"))
        pattern = random.randrange(1, 250) if op == "write" else None
        self._recorder.guest(drive.node, op, offset, length, pattern)

    def _verb(self) -> None:
        verb, job = self._random.choice(_JOB_VERBS), self._job()
        prefix, member = self._random.choice((("job", "id"), ("job", "id"), ("block-job", "device")))
        if prefix == "block-job":
            member = "id" if verb in ("finalize", "dismiss") else "device"
        arguments: dict[str, Any] = {member: job}
        if prefix == "block-job" and verb == "cancel" and self._random.random() < 0.5:
            arguments["force"] = True
        self._recorder.command(f"{prefix}-{verb}", arguments)

    def _release(self) -> None:
        self._recorder.command("block-job-set-speed", {"device": self._job(), "speed": 0})

    def _restart(self) -> None:
        self._recorder.end(self._random.choice(("quit", "killed")))
        self._recorder.start()
        open_drives(self._recorder, self._world)

    def _node(self) -> str:
        if self._random.random() < 0.03:
            return "nope"
        return self._random.choice(self._world.sources).node

    def _name(self) -> str:
        return "zz" if self._random.random() < 0.03 else self._random.choice(("a", "b", "b", "c"))

    def _jobs(self) -> list[str]:
        return [job["id"] for job in self._recorder.ask("query-jobs")]

    def _job(self) -> str:
        jobs = self._jobs()
        return self._random.choice(jobs) if jobs and self._random.random() < 0.95 else "none"

    def _bitmaps(self, node: str) -> list[tuple[str, bool]]:
        for found in self._recorder.ask("query-named-block-nodes", flat=True):
            if found["node-name"] == node:
                return [(each["name"], each["busy"]) for each in found.get("dirty-bitmaps", []) if "name" in each]
        return []
