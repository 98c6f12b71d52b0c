"""cancel=all: each row of the tables of T1 and of the commit, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.group.looked import bitmap, node, nodes
from tests.group.short import TX, add, backup, clear, disable, enable, merge, remove, short
from txsh.group.prepare import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.group.wire import QmpAction

WORLD = nodes(
    node(
        "s0", "b", "c", bitmap("off", recording=False), bitmap("fine", granularity=4096), bitmap("f2", granularity=512)
    ),
    node("s1", "d", bitmap("other", recording=False)),
    node("ro", bitmap("r", persistent=True), bitmap("loose"), readonly=True),
    node("t0", driver="raw"),
    node("t1", driver="raw"),
)


def _prepared(*actions: QmpAction, **more: Any) -> Prepared:
    return prepare(actions, WORLD, TX, "all", **more)


def _starting(prepared: Prepared, job: str) -> Mapping[str, Any]:
    """What a job is started with."""
    return next(data for (_, data), _ in prepared.t1 if data.get("job-id") == job)


def _body_of_t1(prepared: Prepared) -> list[str]:
    return short(action for action, origin in prepared.t1 if origin is not None)


def _commit(prepared: Prepared) -> list[str]:
    """T3 without its probe and without the removal of helpers."""
    lines = short(prepared.t3)
    probe = 2 * len(prepared.fence)
    helpers = sum(line.startswith(("remove S:", "remove W", "remove s1.")) for line in lines)
    return lines[probe : len(lines) - helpers]


ROWS = {
    "clear": ([clear("b")], ["add S:1 64K disabled"], ["clear b", "merge S:1 + W -> b"]),
    "clear of one that does not record": ([clear("off")], ["add S:1 64K disabled"], ["clear off", "merge S:1 -> off"]),
    "clear twice": (
        [clear("b"), clear("b")],
        ["add S:1 64K disabled", "clear S:1"],
        ["clear b", "merge S:1 + W -> b"],
    ),
    "merge": (
        [merge("b", "c", "off")],
        ["add S:1 64K disabled", "merge c + off -> S:1"],
        ["merge S:1 -> b"],
    ),
    "merge into one that does not record": (
        [merge("off", "c")],
        ["add S:1 64K disabled", "merge c -> S:1"],
        ["merge S:1 -> off"],
    ),
    "merge into itself": ([merge("b", "b")], ["add S:1 64K disabled"], ["merge S:1 -> b"]),
    "merge into itself and another": (
        [merge("b", "b", "c")],
        ["add S:1 64K disabled", "merge c -> S:1"],
        ["merge S:1 -> b"],
    ),
    "merge from another node": (
        [merge("b", {"node": "s1", "name": "d"}, {"node": "s0", "name": "c"})],
        ["add S:1 64K disabled", "merge s1.d + c -> S:1"],
        ["merge S:1 -> b"],
    ),
    "merge from one with a relative shadow": (
        [merge("c", "off"), merge("b", "c")],
        ["add S:1 64K disabled", "merge off -> S:1", "add S:2 64K disabled", "merge c + S:1 -> S:2"],
        ["merge S:1 -> c", "merge S:2 -> b"],
    ),
    "merge from one with an absolute shadow": (
        [clear("c"), merge("b", "c")],
        ["add S:1 64K disabled", "add S:2 64K disabled", "merge S:1 -> S:2"],
        ["clear c", "merge S:1 + W -> c", "merge S:2 -> b"],
    ),
    "clear, then merge": (
        [clear("b"), merge("b", "c")],
        ["add S:1 64K disabled", "merge c -> S:1"],
        ["clear b", "merge S:1 + W -> b"],
    ),
    "merge, then clear": (
        [merge("b", "c"), clear("b")],
        ["add S:1 64K disabled", "merge c -> S:1", "clear S:1"],
        ["clear b", "merge S:1 + W -> b"],
    ),
    "disable": (
        [disable("b")],
        ["add S:1 64K disabled", "merge b -> S:1"],
        ["disable b", "clear b", "merge S:1 -> b"],
    ),
    "disable of one that does not record": ([disable("off")], [], []),
    "disable after merge": (
        [merge("b", "c"), disable("b")],
        ["add S:1 64K disabled", "merge c -> S:1", "merge b -> S:1"],
        ["disable b", "clear b", "merge S:1 -> b"],
    ),
    "disable after clear": (
        [clear("b"), disable("b")],
        ["add S:1 64K disabled"],
        ["disable b", "clear b", "merge S:1 -> b"],
    ),
    "disable, then enable": (
        [disable("b"), enable("b")],
        ["add S:1 64K disabled", "merge b -> S:1"],
        ["clear b", "merge S:1 + W -> b"],
    ),
    "enable": ([enable("off")], [], ["enable off", "merge W -> off"]),
    "enable of one that records": ([enable("b")], [], []),
    "enable, then disable": ([enable("off"), disable("off")], [], []),
    "enable and merge": (
        [enable("off"), merge("off", "c")],
        ["add S:1 64K disabled", "merge c -> S:1"],
        ["enable off", "merge S:1 + W -> off"],
    ),
    "enable and clear": (
        [clear("off"), enable("off")],
        ["add S:1 64K disabled"],
        ["enable off", "clear off", "merge S:1 + W -> off"],
    ),
    "remove": ([remove("b")], [], ["remove b"]),
    "clear, then remove": ([clear("b"), remove("b")], ["add S:1 64K disabled"], ["remove b"]),
    "add": ([add("n")], ["add S:1 64K disabled"], ["add n", "merge S:1 + W -> n"]),
    "add, disabled": ([add("n", disabled=True)], ["add S:1 64K disabled"], ["add n disabled", "merge S:1 -> n"]),
    "add, as given": (
        [add("n", granularity=4096, persistent=True, disabled=False)],
        ["add S:1 4K disabled"],
        ["add n 4K persistent", "merge S:1 + W -> n"],
    ),
    "add, disabled, then enable": (
        [add("n", disabled=True), enable("n")],
        ["add S:1 64K disabled"],
        ["add n", "merge S:1 + W -> n"],
    ),
    "add, then disable": (
        [add("n"), disable("n")],
        ["add S:1 64K disabled"],
        ["add n disabled", "merge S:1 -> n"],
    ),
    "add, then remove": ([add("n"), remove("n")], ["add S:1 64K disabled"], []),
    "add, merge, clear, merge back, remove": (
        [add("n"), merge("n", "b"), clear("b"), merge("b", "n"), remove("n")],
        ["add S:1 64K disabled", "merge b -> S:1", "add S:2 64K disabled", "merge S:1 -> S:2"],
        ["clear b", "merge S:2 + W -> b"],
    ),
    "incremental backup": (
        [backup("j0", "incremental", bitmap="b")],
        ["merge b -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear b", "merge W -> b"],
    ),
    "incremental backup of one that does not record": (
        [backup("j0", "incremental", bitmap="off")],
        ["merge off -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear off"],
    ),
    "backup, bitmap and always": (
        [backup("j0", "bitmap", bitmap="b", bitmap_mode="always")],
        ["merge b -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear b", "merge W -> b"],
    ),
    "backup, bitmap and never": (
        [backup("j0", "bitmap", bitmap="b", bitmap_mode="never")],
        ["merge b -> J:j0", "backup j0 bitmap J:j0 never"],
        [],
    ),
    "full backup": ([backup("j0")], ["backup j0 full J:j0 on-success"], []),
    "full backup that keeps a bitmap": (
        [backup("j0", "full", bitmap="b", bitmap_mode="always")],
        ["backup j0 full J:j0 on-success"],
        ["clear b", "merge W -> b"],
    ),
    "top backup": ([backup("j0", "top")], ["backup j0 top J:j0 on-success"], []),
    "backup of what was merged": (
        [merge("b", "c"), backup("j0", "incremental", bitmap="b")],
        ["add S:1 64K disabled", "merge c -> S:1", "merge b + S:1 -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear b", "merge W -> b"],
    ),
    "backup of what was cleared, never": (
        [clear("b"), backup("j0", "bitmap", bitmap="b", bitmap_mode="never")],
        ["add S:1 64K disabled", "merge S:1 -> J:j0", "backup j0 bitmap J:j0 never"],
        ["clear b", "merge S:1 + W -> b"],
    ),
    "backup of what was disabled": (
        [disable("b"), backup("j0", "incremental", bitmap="b")],
        ["add S:1 64K disabled", "merge b -> S:1", "merge S:1 -> J:j0", "backup j0 bitmap J:j0 never"],
        ["disable b", "clear b"],
    ),
    "backup of what was enabled": (
        [enable("off"), backup("j0", "incremental", bitmap="off")],
        ["merge off -> J:j0", "backup j0 bitmap J:j0 never"],
        ["enable off", "clear off", "merge W -> off"],
    ),
    "backup of a new one": (
        [add("n"), backup("j0", "incremental", bitmap="n")],
        ["add S:1 64K disabled", "merge S:1 -> J:j0", "backup j0 bitmap J:j0 never"],
        ["add n", "merge W -> n"],
    ),
    "new ones first, then removed ones, then changed ones": (
        [clear("b"), remove("c"), add("n")],
        ["add S:1 64K disabled", "add S:2 64K disabled"],
        ["add n", "remove c", "clear b", "merge S:1 + W -> b", "merge S:2 + W -> n"],
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_tables_is_translated_as_worked_out_by_hand(row: str) -> None:
    actions, t1, commit = ROWS[row]
    prepared = _prepared(*actions)
    assert _body_of_t1(prepared) == t1
    assert _commit(prepared) == commit


def test_a_flag_of_a_read_only_bitmap_changes_without_a_shadow_and_without_a_merge() -> None:
    prepared = _prepared(disable("r", "ro"))
    assert _body_of_t1(prepared) == []
    assert short(prepared.t3, home="ro") == ["add C 2G disabled", "merge r + W -> C", "disable r", "remove W"]


def test_a_bitmap_that_is_not_stored_changes_on_a_read_only_node_too() -> None:
    prepared = _prepared(clear("loose", "ro"))
    assert "clear loose" in short(prepared.t3, home="ro")


def test_recorders_come_first_then_what_jobs_hold_then_the_list() -> None:
    prepared = _prepared(clear("b"), backup("j0", source="s1"), backup("j1", "incremental", bitmap="fine", target="t1"))
    assert short(prepared.t1_actions) == [
        "add W 4K",
        "add s1.W 2G",
        "add s1.J:j0 2G disabled",
        "add J:j1 4K",
        "add S:1 64K disabled",
        "backup j0 full s1.J:j0 on-success",
        "merge fine -> J:j1",
        "backup j1 bitmap J:j1 never",
    ]
    assert [origin for _, origin in prepared.t1] == [None, None, None, None, 0, 1, 2, 2]


def test_a_recorder_is_as_fine_as_the_finest_bitmap_named_on_its_node() -> None:
    assert short(_prepared(clear("b"), clear("fine")).t1_actions)[0] == "add W 4K"
    assert short(_prepared(clear("b"), merge("b", "f2")).t1_actions)[0] == "add W 512"
    assert short(_prepared(add("n", granularity=512)).t1_actions)[0] == "add W 512"


def test_a_new_bitmap_counts_with_the_granularity_that_qemu_will_choose() -> None:
    world = nodes(node("s0", cluster=512), node("s1", cluster=2 << 20), node("raw", driver="raw"))
    for name, expected in (("s0", "4K"), ("s1", "64K"), ("raw", "64K")):
        prepared = prepare([add("n", name)], world, TX, "all")
        assert short(prepared.t1_actions, home=name)[0] == f"add W {expected}"


def test_the_probe_covers_all_that_is_changed_and_every_shadow_and_recorder() -> None:
    prepared = _prepared(clear("b"), enable("off"), remove("c"), add("n"), clear("d", "s1"))
    assert short(prepared.t3)[:4] == [
        "add C 2G disabled",
        "merge b + off + W + S:1 + S:2 -> C",
        "add s1.C 2G disabled",
        "merge s1.d + s1.W + s1.S:3 -> s1.C",
    ]


def test_shadows_and_recorders_go_with_the_commit_and_the_rest_afterwards() -> None:
    prepared = _prepared(clear("b"), clear("d", "s1"), backup("j0"))
    assert short(prepared.t3)[-4:] == ["remove S:1", "remove s1.S:2", "remove W", "remove s1.W"]
    assert short(prepared.fence) == ["remove W", "remove s1.W"]
    assert short(prepared.finish_cleanup) == ["remove J:j0", "remove C", "remove s1.C"]
    assert short(prepared.abort_cleanup) == ["remove S:1", "remove s1.S:2", "remove J:j0"]


def test_all_other_members_of_a_backup_stay() -> None:
    more: dict[str, Any] = {"speed": 5, "x_perf": {"max-workers": 1}, "auto_dismiss": False, "filter_node_name": "f"}
    prepared = _prepared(backup("j0", "incremental", bitmap="b", **more))
    assert _starting(prepared, "j0") == {
        "device": "s0",
        "target": "t0",
        "sync": "bitmap",
        "job-id": "j0",
        "speed": 5,
        "x-perf": {"max-workers": 1},
        "auto-dismiss": False,
        "filter-node-name": "f",
        "auto-finalize": False,
        "bitmap": f"txsh:{TX}:J:j0",
        "bitmap-mode": "never",
    }


def test_each_target_is_flushed_once() -> None:
    assert _prepared(backup("j0"), backup("j1", source="s1", target="t1")).flush_targets == ("t0", "t1")


def test_a_list_is_left_as_it_was() -> None:
    actions = [backup("j0", "incremental", bitmap="b")]
    _prepared(*actions)
    assert actions == [backup("j0", "incremental", bitmap="b")]
