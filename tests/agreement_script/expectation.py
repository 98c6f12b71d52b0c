"""The expectations of a random script: true ones from what the simulator shows, and wrong ones to end with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from txsh.backends.base import run_now
from txsh.session.job import status

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_script.draft import Draft
    from tests.agreement_script.world import World
    from txsh.model.state import BitmapInfo


class ExpectationAuthor:
    """Writes `expect`."""

    def __init__(self, random: Random, draft: Draft, world: World) -> None:
        self._random = random
        self._draft = draft
        self._world = world

    def right(self) -> None:
        """One that is met."""
        random = self._random
        random.choice((self._bitmap, self._bitmap, self._job, self._group, self._event, self._data, self._node))()

    def wrong(self) -> None:
        """One that very likely is not met."""
        random, drive = self._random, self._random.choice(self._world.sources)
        texts = [
            f"expect no node {drive.name}",
            f"expect data {drive.name} 0+512 pattern=0xfe",
            "expect group committed",
        ]
        texts += [f"expect bitmap {name} dirty=[512+512] recording=false" for name in self._names()]
        texts += [f"expect no bitmap {name}" for name in self._names()]
        texts += [f"expect job {record.id} ready" for record in self._draft.session.jobs.records]
        texts += [f"expect event BLOCK_JOB_ERROR device={drive.name}", "expect no event JOB_STATUS_CHANGE status=null"]
        self._draft.write(random.choice(texts))

    def _names(self) -> list[str]:
        return [name for name in self._draft.session.bitmaps if " " not in name and name.count(".") == 1]

    def _bitmap(self) -> None:
        names = self._names()
        if not names:
            self._draft.write(f"expect no bitmap {self._world.sources[0].name}.zz")
            return
        name = self._random.choice(names)
        info = self._draft.session.bitmaps[name]
        if info.busy or self._random.random() < 0.3:
            busy = "busy" if info.busy else "busy=false"
            self._draft.write(f"expect bitmap {name} count={info.count_bytes} {busy}")
            return
        self._draft.write(f"expect bitmap {name} dirty=[{self._extents(info)}]{_flags(info)}")

    def _extents(self, info: BitmapInfo) -> str:
        extents = run_now(self._draft.session.host.extents(info.node, info.name))
        return ", ".join(f"{start}+{end - start}" for start, end in extents)

    def _job(self) -> None:
        newest = self._draft.session.jobs.newest
        if newest:
            record = newest[self._random.choice(sorted(newest))]
            text = f"expect job {record.id} {status(record)}"
            if record.error is not None:
                text += f" {json.dumps(record.error)}"
            self._draft.write(text)

    def _group(self) -> None:
        groups = self._draft.session.trace.groups
        if groups and groups[-1].outcome is not None:
            text = f"expect group {groups[-1].outcome}"
            if groups[-1].reason is not None:
                text += f" {json.dumps(groups[-1].reason)}"
            self._draft.write(text)

    def _event(self) -> None:
        trace = self._draft.session.trace
        events = [event for index, event in enumerate(trace.events) if index not in trace.incidental]
        if not events:
            self._draft.write("expect no event BLOCK_JOB_ERROR")
            return
        event = self._random.choice(events)
        members = [name for name in event.data if self._random.random() < 0.6]
        words = "".join(f" {name}={json.dumps(event.data[name])}" for name in members)
        self._draft.write(f"expect event {event.name}{words}")

    def _data(self) -> None:
        session = self._draft.session
        moving = {name for record in self._draft.living() for name in (record.node, record.target)}
        drives = [drive for drive in self._world.sources + self._world.targets if drive.name not in moving]
        if not drives:
            return
        drive = self._random.choice(drives)
        mine = run_now(session.host.content(drive.name))
        others = {
            other.name: run_now(session.host.content(other.name))
            for other in drives
            if other.name in session.names.declared
        }
        others |= session.remembered
        same = [name for name, content in others.items() if mine.first_difference(content) is None]
        self._draft.write(f"expect data {drive.name} same={self._random.choice(sorted(same))}")

    def _node(self) -> None:
        drive = self._random.choice(self._world.sources)
        self._draft.write(f"expect node {drive.name}")


def _flags(info: BitmapInfo) -> str:
    flags = {"recording": info.recording, "persistent": info.persistent, "inconsistent": info.inconsistent}
    return "".join(f" {name}" if value else f" {name}=false" for name, value in flags.items())
