"""A recorded QMP conversation as lines, read from its file. Knows nothing of who replays it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent.parent / "recordings"

UNSTABLE = {
    "06-group-two_fail": "which of two jobs fails first is a race",
    "10-ignore_sticky": "floods events until somebody stops it",
    "10-throttle": "paced by the wall clock",
    "11-pause_fast": "pauses wherever the job happens to be",
    "15-crash-ends_together": "dies in one of many tries",
}
"""Races and clocks by nature: only replies are compared, not events and not states."""


class Line(NamedTuple):
    """One line of a recording.

    Args:
        number: counts from 1.
        kind: the word of its ``dir``: world, image, in, out, setup, setup-out, event, guest, state, end, note.
        message: its ``msg``.
        probe: it came only because the recorder looked or prepared.
    """

    number: int
    kind: str
    message: Any
    probe: bool


class Recording(NamedTuple):
    """A whole file."""

    path: Path
    lines: list[Line]

    @property
    def scenario(self) -> str:
        """The file's name without version and ending."""
        return self.path.name.removesuffix(".jsonl").rsplit(".", 2)[0]

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor number of the QEMU that was recorded, from the file's name."""
        major, minor = self.path.name.removesuffix(".jsonl").rsplit(".", 2)[1:]
        return int(major), int(minor)

    @property
    def unstable(self) -> bool:
        """Whether only its replies can be compared."""
        return self.scenario in UNSTABLE


def read(path: Path) -> Recording:
    """Read one file; notes are left out."""
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        entry = json.loads(text)
        if entry["dir"] != "note":
            lines.append(Line(number, entry["dir"], entry["msg"], entry.get("probe", False)))
    return Recording(path, lines)


def all_recordings() -> list[Path]:
    """Every recording kept here, sorted by name."""
    return sorted(FOLDER.glob("*.jsonl"))
