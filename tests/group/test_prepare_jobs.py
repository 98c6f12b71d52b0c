"""cancel=jobs: immediate actions are done at once, and what the jobs consume at the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.group.looked import bitmap, node, nodes
from tests.group.short import TX, add, backup, clear, disable, enable, short
from txsh.group.prepare import prepare

if TYPE_CHECKING:
    from txsh.group.wire import QmpAction

WORLD = nodes(
    node("s0", "b", "c", bitmap("off", recording=False), bitmap("fine", granularity=4096)),
    node("s1", "d"),
    node("t0", driver="raw"),
    node("t1", driver="raw"),
)
INCREMENTAL = backup("j0", "incremental", bitmap="b")

ROWS: dict[str, tuple[list[QmpAction], list[str], list[str]]] = {
    "immediate actions stand as they are written": (
        [clear("b"), backup("j0"), disable("c")],
        ["clear b", "backup j0 full J:j0 on-success", "disable c"],
        [],
    ),
    "a consumed bitmap is read where the backup stood": (
        [clear("c"), INCREMENTAL, clear("d", "s1")],
        ["clear c", "merge b -> J:j0", "backup j0 bitmap J:j0 never", "clear s1.d"],
        ["clear b", "merge W -> b"],
    ),
    "one that does not record ends empty": (
        [backup("j0", "incremental", bitmap="off")],
        ["merge off -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear off"],
    ),
    "the flag that counts is the one the list leaves, disabled": (
        [disable("b"), INCREMENTAL],
        ["disable b", "merge b -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear b"],
    ),
    "the flag that counts is the one the list leaves, enabled": (
        [enable("off"), backup("j0", "incremental", bitmap="off")],
        ["enable off", "merge off -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear off", "merge W -> off"],
    ),
    "a new bitmap is there with the reply and consumed like any": (
        [add("n"), backup("j0", "incremental", bitmap="n")],
        ["add n", "merge n -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear n", "merge W -> n"],
    ),
    "mode never consumes nothing": (
        [backup("j0", "bitmap", bitmap="b", bitmap_mode="never")],
        ["merge b -> J:j0", "backup j0 bitmap J:j0 never"],
        [],
    ),
    "mode always consumes": (
        [backup("j0", "full", bitmap="b", bitmap_mode="always")],
        ["backup j0 full J:j0 on-success"],
        ["clear b", "merge W -> b"],
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_list_is_translated_as_worked_out_by_hand(row: str) -> None:
    actions, t1, commit = ROWS[row]
    prepared = prepare(actions, WORLD, TX, "jobs")
    assert short(action for action, origin in prepared.t1 if origin is not None) == t1
    assert short(prepared.t3)[2:-1] == commit


def test_only_sources_of_jobs_get_a_recorder_and_a_record() -> None:
    prepared = prepare([clear("d", "s1"), INCREMENTAL], WORLD, TX, "jobs")
    assert short(prepared.fence) == ["remove W"]
    assert short(prepared.finish_cleanup) == ["remove J:j0", "remove C"]
    assert short(prepared.abort_cleanup) == ["remove J:j0"]


def test_a_recorder_is_as_fine_as_the_finest_bitmap_of_a_job() -> None:
    fine = backup("j1", "incremental", bitmap="fine", target="t1")
    assert short(prepare([clear("fine"), INCREMENTAL], WORLD, TX, "jobs").t1_actions)[0] == "add W 64K"
    assert short(prepare([INCREMENTAL, fine], WORLD, TX, "jobs").t1_actions)[0] == "add W 4K"


def test_the_probe_covers_what_is_consumed() -> None:
    prepared = prepare([clear("c"), INCREMENTAL], WORLD, TX, "jobs")
    assert short(prepared.t3)[:2] == ["add C 2G disabled", "merge b + W -> C"]
