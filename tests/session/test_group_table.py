"""The table of cancel=all: failed is as if it had never been, succeeded is what QEMU's individual gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.group_table import ACTIONS, ENDS, Action, script
from tests.session.play import findings, play_live
from tests.session.play import play as simulated

if TYPE_CHECKING:
    from collections.abc import Callable

    from txsh.model.state import BitmapInfo
    from txsh.model.trace import Trace

    Play = Callable[[str], Trace]

CASES = pytest.mark.parametrize(
    ("action", "end"),
    [(action, end) for action in ACTIONS for end in ENDS],
    ids=[f"{action.name} - a backup {end}" for action in ACTIONS for end in ENDS],
)
SUCCESS = "succeeds"


def bitmaps(trace: Trace) -> dict[str, tuple[BitmapInfo, list[tuple[int, int]]]]:
    """All that a user can see of bitmaps at the end; extents are asked of every one, so none may be busy."""
    assert trace.bitmaps is not None
    return {name: (bitmap, trace.extents[name]) for name, bitmap in trace.bitmaps.items()}


def leftovers(trace: Trace) -> list[str]:
    """Bitmaps of txsh's own and jobs that are there at the end."""
    last = next(exchange for exchange in reversed(trace.exchanges) if exchange.command == "query-named-block-nodes")
    names = [bitmap.get("name", "") for node in last.reply for bitmap in node.get("dirty-bitmaps", ())]
    living = [record.id for record in trace.jobs if record.statuses[-1] != "null"]
    return [name for name in names if name.startswith("txsh:")] + living


def events_of(trace: Trace, job: str) -> list[tuple[str, object]]:
    """What every consumer of events sees of a job."""
    shown = [event for index, event in enumerate(trace.events) if index not in trace.incidental]
    return [(event.name, dict(event.data)) for event in shown if event.job == job]


def check(action: Action, end: str, play: Play) -> Trace:
    """Run the scripts of one case and compare; the trace of the group.

    What a success must equal is QEMU's own doing, so it comes from the same QEMU.
    """
    group = play(script(action, end, "all"))
    twin = play(script(action, end, "none")) if end == SUCCESS else simulated(script(action, end, "absent"))

    assert findings(group) == []
    assert findings(twin) == []
    assert group.groups[0].outcome == ("committed" if end == SUCCESS else "cancelled")
    assert bitmaps(group) == bitmaps(twin)
    assert leftovers(group) == []
    return group


@CASES
def test_in_the_simulator(action: Action, end: str) -> None:
    check(action, end, simulated)


@pytest.mark.live
@CASES
def test_on_a_storage_daemon(action: Action, end: str) -> None:
    live = check(action, end, lambda text: play_live(text, "qsd"))

    model = simulated(script(action, end, "all"))
    # A second job is not held, so how far it is when the first one fails is a race on a real QEMU.
    assert events_of(live, "j0") == events_of(model, "j0")
    assert [(job.id, job.outcome, job.error) for job in live.jobs] == [
        (job.id, job.outcome, job.error) for job in model.jobs
    ]
    assert bitmaps(live) == bitmaps(model)
