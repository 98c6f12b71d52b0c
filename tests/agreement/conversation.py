"""Random conversations about transactions: any command of the list in any state, faults, guest writes, restarts.

A conversation is made while the simulator answers it, so that most commands name what is there. Only what is at rest is
compared: jobs that could race each other are held by their speed and released one at a time.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from tests.agreement.backup import BackupAuthor
from tests.agreement.bitmap import BitmapAuthor
from tests.agreement.job import command as job_command
from tests.agreement.monitor import MonitorAuthor
from tests.agreement.oddity import OddityAuthor
from tests.agreement.recorder import Lost, Recorder
from tests.agreement.world import CLUSTER, make

if TYPE_CHECKING:
    from tests.replay.recording import Recording

_STEPS = 30


def conversation(seed: int, version: tuple[int, int]) -> Recording:
    """The conversation of one seed with a QEMU of that version, with the simulator's answers."""
    random = Random(seed)
    recorder = Recorder(f"seed-{seed}", version, random.choice(("qsd", "qsd", "system")))
    try:
        _Author(random, recorder).write()
    except Lost:
        return recorder.recording()
    return recorder.recording()


class _Author:
    def __init__(self, random: Random, recorder: Recorder) -> None:
        self._random = random
        self._recorder = recorder
        self._world = make(random, recorder)
        self._bitmaps = BitmapAuthor(random, recorder, self._world)
        self._oddities = OddityAuthor(random, recorder, self._world, self._bitmaps)
        self._backups = BackupAuthor(random, recorder, self._world, self._bitmaps)
        self._monitor = MonitorAuthor(random, recorder, self._world)

    def write(self) -> None:
        for drive in self._world.sources:
            for _ in range(2):
                self._recorder.command("block-dirty-bitmap-add", self._bitmaps.arguments("add", drive))
        for _ in range(_STEPS):
            steps = (
                (self._bitmap, 2),
                (self._transaction, 4),
                (self._guest, 4),
                (self._job, 6 if self._jobs() else 0),
                (self._backup, 1),
                (self._oddities.any, 0.7),
                (self._monitor.any, 6 if self._recorder.program == "system" else 0),
            )
            self._random.choices([step for step, _ in steps], [weight for _, weight in steps])[0]()
            self._look()
        self._release_all()
        for drive in self._world.targets:
            if drive.format == "raw":
                self._recorder.look_at_file(drive.file)
        self._recorder.end("killed")

    def _look(self) -> None:
        self._recorder.look([drive.node for drive in self._world.sources])

    def _bitmap(self) -> None:
        self._recorder.command(*self._bitmaps.command())

    def _transaction(self) -> None:
        random = self._random
        grouped = random.random() < 0.4
        jobs = self._backups.several(random.choice((1, 2, 2, 3) if grouped else (0, 1, 1, 2, 3)), grouped=grouped)
        # One that loses its bitmap when something after it is refused (B9) may kill QEMU: it comes last, and alone.
        losing = [job for job in jobs if job.get("bitmap-mode") == "always"][:1]
        jobs = [job for job in jobs if job.get("bitmap-mode") != "always"]
        mixed = [{"type": "blockdev-backup", "data": job} for job in jobs]
        if not grouped or random.random() < 0.05:
            mixed += [self._bitmaps.action() for _ in range(random.choice((0, 1, 1, 2, 3)))]
        random.shuffle(mixed)
        mixed += [{"type": "blockdev-backup", "data": job} for job in losing]
        arguments: dict[str, Any] = {"actions": mixed}
        if grouped:
            arguments["properties"] = {"completion-mode": "grouped"}
        self._recorder.command("transaction", arguments)

    def _backup(self) -> None:
        if self._random.random() < 0.3:
            self._recorder.command("drive-backup", self._backups.drive_backup())
            return
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
        op = random.choice(("write",) * 6 + ("write-zeroes", "discard", "read"))
        if drive.format == "raw" and op == "write-zeroes":
            op = "write"  # whether what was zeroed counts as data is for the file system to say
        pattern = random.randrange(1, 250) if op == "write" else None
        self._recorder.guest(drive.node, op, offset, length, pattern)

    def _job(self) -> None:
        self._recorder.command(*job_command(self._random, self._jobs()))

    def _release_all(self) -> None:
        for job in self._jobs():
            self._recorder.command("block-job-set-speed", {"device": job["id"], "speed": 0})
        self._look()

    def _jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = self._recorder.ask("query-jobs")
        return jobs
