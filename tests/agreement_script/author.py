"""Random scripts whose result depends on no chance: a job that could race with anything is held, or waited for.

The rules that make them so stand in `_settle`, `backup.py` and `_release`; everything else is free.
"""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from tests.agreement_script.backup import BackupAuthor
from tests.agreement_script.bitmap import BitmapAuthor
from tests.agreement_script.draft import Draft, Over
from tests.agreement_script.expectation import ExpectationAuthor
from tests.agreement_script.job import JobAuthor
from tests.agreement_script.raw import RawAuthor
from tests.agreement_script.world import CLUSTER, make

if TYPE_CHECKING:
    from txsh.model.trace import JobRecord

_STEPS = 24
_SOON = "100ms"
"""Real time at which everything that moves has come to its rest; only jobs that wait for held ones are looked at so."""


def script(seed: int, version: tuple[int, int]) -> str:
    """The script of one seed, for one version of QEMU."""
    random = Random(seed)
    draft = Draft(random, version)
    with suppress(Over):
        _Author(random, draft).write()
    return draft.text()


class _Author:
    def __init__(self, random: Random, draft: Draft) -> None:
        self._random = random
        self._draft = draft
        self._world = make(random, draft)
        if not self._world.sources:
            raise Over
        self._bitmaps = BitmapAuthor(random, draft, self._world)
        self._is_full = random.random() < 0.7
        self._backups = BackupAuthor(random, draft, self._world, self._bitmaps, is_full=self._is_full)
        self._expectations = ExpectationAuthor(random, draft, self._world)
        self._jobs = JobAuthor(random, draft)
        self._raw = RawAuthor(random, draft, self._world, self._bitmaps)
        self._remembered = 0
        self._flush_faults: dict[str, str] = {}

    def write(self) -> None:
        random = self._random
        for drive in self._world.sources:
            if self._is_full:
                self._draft.write(f"write {drive.name} 0+{drive.size} pattern=0x11")
        for _ in range(random.choice((1, 2, 3, 4))):
            self._draft.write(self._bitmaps.add())
        for _ in range(random.choice((1, 2, 4))):
            self._guest()
        for _ in range(_STEPS):
            steps = {
                self._guest: 5.0,
                self._bitmap: 2.0,
                self._transaction: 3.0 if len(self._draft.living()) < 3 else 0.5,
                self._backup: 1.0 if len(self._draft.living()) < 3 else 0.2,
                self._fault: 0.8,
                self._unfault: 0.3,
                self._release: 3.0 if self._draft.held() else 0.1,
                self._jobs.any: 2.0 if self._draft.living() else 0.2,
                self._raw.any: 1.5,
                self._cancel: 0.8 if self._draft.living() else 0.05,
                self._expect: 2.5,
                self._show: 0.7,
                self._remember: 0.4,
                self._wait: 0.3,
            }
            random.choices(list(steps), list(steps.values()))[0]()
            self._settle()
        if random.random() < 0.85:
            self._end_jobs()
        for job in sorted(self._draft.endless):
            self._draft.write(f"cancel {job}")
            self._draft.endless.discard(job)
        self._settle()
        if random.random() < 0.1:
            self._expectations.wrong()
        elif random.random() < 0.1:
            self._draft.write(self._bitmaps.action(), surprise=True)

    def _settle(self) -> None:
        """Let what moves come to its rest."""
        for _ in range(9):
            moving = self._draft.moving()
            if not moving:
                break
            self._wait_for(moving)

    def _wait_for(self, moving: list[JobRecord]) -> None:
        draft, random = self._draft, self._random
        alone = [record for record in moving if not draft.mates(record)]
        at_rest = [record for record in draft.living() if record not in moving]
        if not at_rest:
            names = f"wait {' '.join(record.id for record in moving)}{self._until(moving)}"
            draft.write(random.choice(("wait", "wait", names)))
            return
        if alone:
            draft.write(f"wait {' '.join(record.id for record in alone)}{self._until(alone)}")
            return
        record = moving[0]
        if draft.votes(record):
            draft.write(f"wait {record.id} for=pending")
        else:
            draft.write(f"wait {record.id} timeout={_SOON}")

    def _until(self, records: list[JobRecord]) -> str:
        """Without, it would be refused: only the user takes such a job further."""
        manual = self._draft.session.jobs.manual
        return " for=pending" if any(record in manual for record in records) else ""

    def _guest(self) -> None:
        random = self._random
        drive = self._world.any(random)
        verb = random.choice(("write",) * 7 + ("zero", "discard", "read", "flush"))
        if verb in ("zero", "discard") and (self._is_full or not drive.zeroes):
            verb = "write"
        if verb == "flush":
            self._draft.write(f"flush {drive.name}")
            return
        text = f"{verb} {drive.name} {self._range(drive.size)}"
        if verb == "write" and random.random() < 0.5:
            text += f" pattern=0x{random.randrange(1, 256):02x}"
        if verb == "zero" and random.random() < 0.4:
            text += " unmap"
        self._draft.write(text)

    def _range(self, size: int) -> str:
        random = self._random
        if random.random() < 0.03:
            return f"{size - size % 512}+{random.choice((0, 512, CLUSTER))}"
        offset = random.randrange(max(1, size // CLUSTER)) * CLUSTER
        length = random.choice((1, 1, 2, 3, 6)) * CLUSTER
        if random.random() < 0.35:
            offset += random.choice((0, 512, 4096, 100, 60000))
            length = random.choice((512, 4096, 1, 700, CLUSTER, CLUSTER + 512))
        return f"{offset}+{max(0, min(length, size - offset))}"

    def _bitmap(self) -> None:
        self._draft.write(self._bitmaps.action())

    def _transaction(self) -> None:
        random = self._random
        mode = random.choice(("", "", " cancel=none", " cancel=jobs", " cancel=all", " cancel=all", " cancel=all"))
        if random.random() < 0.2:
            mode = random.choice((" completion-mode=individual", " completion-mode=grouped"))
        together = mode not in ("", " cancel=none", " completion-mode=individual")
        count = random.choice((0, 1, 1, 2, 2, 3)) if together else random.choice((0, 1, 1, 2))
        actions = self._backups.several(count, together=together)
        if "grouped" not in mode or random.random() < 0.1:
            actions += [self._bitmaps.action() for _ in range(random.choice((0, 1, 1, 2, 3)))]
        if random.random() < 0.05:
            actions.append("abort")
        if random.random() < 0.6:
            random.shuffle(actions)
        joint = random.choice(("; ", "\n    "))
        start = joint if joint != "; " else " "
        self._draft.write(f"transaction{mode} <{start}{joint.join(actions)}", closing=" >")

    def _backup(self) -> None:
        for text in self._backups.several(1, together=False):
            self._draft.write(text)

    def _fault(self) -> None:
        random = self._random
        drive = random.choice(self._world.sources + self._world.targets * 2)
        kind = random.choice(("read", "write", "write", "flush"))
        layer = self._draft.session.faults.get(drive.name)
        if layer is not None and ("flush" in (kind, self._flush_faults.get(drive.name))):
            return  # qcow2 flushes its file now and then, which the lower one of two filters would count
        self._flush_faults[drive.name] = kind
        text = f"fault {drive.name} {kind}"
        if kind != "flush" and random.random() < 0.7:
            text += f" at={random.randrange(max(1, drive.size // CLUSTER)) * CLUSTER + random.choice((0, 0, 4096))}"
        elif random.random() < 0.5:
            text += f" after={random.choice((0, 1, 2, 5))}"
        if random.random() < 0.5:
            text += f" errno={random.choice(('ENOSPC', 'ENOSPC', 'EIO', 'EPERM', 'EFBIG', 'ENOMEM'))}"
        if random.random() < 0.4:
            text += " once"
        self._draft.write(text)

    def _unfault(self) -> None:
        self._draft.write(f"unfault {self._random.choice(self._world.sources + self._world.targets).name}")

    def _release(self) -> None:
        held = self._draft.held()
        if not held:
            self._draft.write("release j0")
            return
        record = self._random.choice(held)
        self._draft.write(f"release {record.id}")
        mates = [mate for mate in self._draft.mates(record) if mate in self._draft.held()]
        if mates and not any(map(self._backups.may_fail, [record, *mates])) and self._random.random() < 0.5:
            for mate in mates:
                self._draft.write(f"release {mate.id}")

    def _cancel(self) -> None:
        living = self._draft.living()
        job = self._random.choice(living).id if living and self._random.random() < 0.95 else "j0"
        self._draft.write(f"cancel {job}")
        self._draft.endless.discard(job)

    def _expect(self) -> None:
        self._expectations.right()

    def _show(self) -> None:
        topics = ["", " bitmaps", " jobs", " nodes", *(f" {drive.name}" for drive in self._world.sources)]
        if len(self._draft.session.trace.jobs) <= 1:
            topics.append(" events")
        self._draft.write(f"show{self._random.choice(topics)}")

    def _remember(self) -> None:
        self._remembered += 1
        drive = self._world.any(self._random)
        self._draft.write(f"remember r{self._remembered} {drive.name}")

    def _wait(self) -> None:
        if self._draft.endless:
            return
        living = self._draft.living()
        if living and all(record in self._draft.held() for record in living):
            self._draft.write("wait")

    def _end_jobs(self) -> None:
        draft, random = self._draft, self._random
        for _ in range(30):
            living = draft.living()
            if not living:
                break
            held = draft.held()
            if held and random.random() < 0.7:
                draft.write(f"release {random.choice(held).id}")
            elif not held and random.random() < 0.7 and self._jobs.further():
                pass
            else:
                job = random.choice(living).id
                draft.write(f"cancel {job}")
                draft.endless.discard(job)
            self._settle()
        draft.write("wait")
        for record in draft.session.jobs.records:
            if record.outcome == "failed" and random.random() < 0.7 and draft.session.jobs.newest[record.id] is record:
                draft.write(f"expect job {record.id} failed {json.dumps(record.error)}")
