"""The table of cancel=all: every bitmap action beside a backup that fails somewhere, is cancelled, or succeeds.

Writes fall before, during and after the group. Each case is three scripts of the same world: with ``cancel=all``, with
``cancel=none`` (what success must equal), and without the transaction (what failure must equal).
"""

from __future__ import annotations

from typing import NamedTuple

ENDS = ("fails at its start", "fails in the middle", "fails at its end", "is cancelled", "succeeds")

_FAULTS = {
    "fails at its start": "fault t0 write at=0",
    "fails in the middle": "fault t0 write at=512K errno=ENOSPC",
    "fails at its end": "fault t0 write at=960K",
}

# The world beside the action's own lines: drive0 is backed up and may fail, drive1 has the bitmaps, no two alike.
_WORLD = """\
drive drive0 1M
drive drive1 1M
target t0 1M
target t1 1M
write drive0 0+1M
bitmap-add drive1.source
write drive1 256K+64K
bitmap-disable drive1.source
bitmap-add drive1.b0
write drive1 0+128K
"""


class Action(NamedTuple):
    """One row: its name, lines that prepare its bitmap, and the action itself."""

    name: str
    setup: str
    text: str


ACTIONS = (
    Action("bitmap-add", "", "bitmap-add drive1.new"),
    Action("bitmap-add, disabled, fine", "", "bitmap-add drive1.new disabled granularity=4K"),
    Action("bitmap-add, persistent", "", "bitmap-add drive1.new persistent"),
    Action("bitmap-remove", "", "bitmap-remove drive1.b0"),
    Action(
        "bitmap-remove, persistent",
        "bitmap-add drive1.kept persistent\nwrite drive1 64K+64K",
        "bitmap-remove drive1.kept",
    ),
    Action("bitmap-clear", "", "bitmap-clear drive1.b0"),
    Action("bitmap-clear of a disabled one", "", "bitmap-clear drive1.source"),
    Action("bitmap-enable", "", "bitmap-enable drive1.source"),
    Action("bitmap-disable", "", "bitmap-disable drive1.b0"),
    Action("bitmap-merge", "", "bitmap-merge drive1.b0 from=source"),
    Action("bitmap-merge into a disabled one", "", "bitmap-merge drive1.source from=b0"),
    Action(
        "add, merge, clear, merge back, remove",
        "",
        "bitmap-add drive1.y; bitmap-merge drive1.y from=b0; bitmap-clear drive1.b0; "
        "bitmap-merge drive1.b0 from=[y, source]; bitmap-remove drive1.y",
    ),
    Action("backup, incremental", "", "backup drive1 bitmap=b0 to=t1 job=j1"),
    Action("backup, bitmap-mode never", "", "backup drive1 sync=bitmap bitmap=b0 bitmap-mode=never to=t1 job=j1"),
    Action("backup, bitmap-mode always", "", "backup drive1 sync=bitmap bitmap=b0 bitmap-mode=always to=t1 job=j1"),
    Action("backup, full, on-success", "", "backup drive1 sync=full bitmap=b0 bitmap-mode=on-success to=t1 job=j1"),
    Action(
        "new bitmap, old one taken by an incremental backup",
        "",
        "bitmap-add drive1.next; bitmap-disable drive1.b0; backup drive1 bitmap=b0 to=t1 job=j1",
    ),
)


def script(action: Action, end: str, kind: str) -> str:
    """The script of one case.

    Args:
        kind: ``all`` or ``none`` (the cancel mode), or ``absent`` (no transaction at all).
    """
    lines = [_WORLD + action.setup]
    failing = end in _FAULTS
    if kind != "absent":
        if failing:
            lines.append(_FAULTS[end])
        lines.append(f"transaction cancel={kind} < backup drive0 to=t0 job=j0 hold=64K; {action.text} >")
    lines.append("write drive1 64K+64K; write drive1 512K+64K  # during, over what is dirty and beside it")
    if kind != "absent":
        lines += {
            "is cancelled": ["cancel j0"],
            "succeeds": ["release j0"],
            "fails at its start": [],
        }.get(end, ["release j0"])
        lines.append("wait")
        if failing:
            lines.append("expect job j0 failed")
    lines.append("write drive1 768K+64K  # after")
    return "\n".join(lines) + "\n"
