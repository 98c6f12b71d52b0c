"""What a transaction that fails leaves behind: nothing, but for QEMU's own defects."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import ABORT, HELD, Lab, action, merge, transaction
from txsh.backends.base import BackendLost, run_now

VERSIONS = [(7, 2), (10, 0), (11, 1)]


def world(version: tuple[int, int] = (7, 2)) -> Lab:
    """A drive with an enabled bitmap b, a disabled one d and a persistent one p, each with its own dirty clusters."""
    lab = Lab(version=version)
    lab.drive("s0")
    lab.target("t0")
    lab.bitmap("s0", "b", (1, 3))
    lab.bitmap("s0", "d", (7, 8), disabled=True)
    lab.bitmap("s0", "p", (9, 12), persistent=True)
    return lab


def state(lab: Lab) -> dict[str, Any]:
    return {name: (info, lab.dirty("s0", name)) for name, info in lab.bitmaps("s0").items()}


LISTS: dict[str, list[dict[str, Any]]] = {
    "add": [action("add", "s0", "n")],
    "remove": [action("remove", "s0", "b")],
    "remove a persistent one": [action("remove", "s0", "p")],
    "clear": [action("clear", "s0", "b")],
    "clear twice": [action("clear", "s0", "b"), action("clear", "s0", "b")],
    "enable": [action("enable", "s0", "d")],
    "disable": [action("disable", "s0", "b")],
    "disable and enable": [action("disable", "s0", "b"), action("enable", "s0", "b"), action("disable", "s0", "b")],
    "merge": [merge("s0", "b", "d", "p")],
    "merge nothing": [merge("s0", "b")],
    "a round trip": [
        action("add", "s0", "y"),
        merge("s0", "y", "b"),
        action("clear", "s0", "b"),
        merge("s0", "b", "y"),
        action("remove", "s0", "y"),
    ],
    "a backup that takes a bitmap": [
        Lab().backup("j0", sync="incremental", bitmap="b"),
    ],
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_ends_in_abort_changes_nothing(name: str, version: tuple[int, int]) -> None:
    lab = world(version)
    before = state(lab)
    assert lab.refused("transaction", transaction(*LISTS[name], ABORT)) == "Transaction aborted using Abort action"
    assert state(lab) == before
    assert lab.execute("query-jobs") == []


@pytest.mark.parametrize("name", [name for name in LISTS if name not in ("merge nothing", "a round trip")])
def test_the_same_list_alone_changes_something(name: str) -> None:
    lab = world()
    before = state(lab)
    lab.transaction(*LISTS[name])
    lab.settle()
    assert state(lab) != before


def test_a_merge_whose_second_source_fails_undoes_its_first() -> None:
    lab = world()
    before = state(lab)
    assert lab.refused("block-dirty-bitmap-merge", merge("s0", "b", "p", "zz")["data"]) == "Dirty bitmap 'zz' not found"
    assert state(lab) == before


def test_the_first_action_that_fails_is_told_and_later_ones_are_not_looked_at() -> None:
    lab = world()
    desc = lab.refused(
        "transaction", transaction(action("clear", "s0", "b"), action("clear", "s0", "x"), action("clear", "no", "y"))
    )
    assert desc == "Dirty bitmap 'x' not found"
    assert lab.dirty("s0", "b") == [(1, 3)]


def test_later_actions_see_what_earlier_ones_did() -> None:
    lab = world()
    lab.transaction(action("clear", "s0", "b"), merge("s0", "b", "d"), action("add", "s0", "n"), merge("s0", "n", "b"))
    assert (lab.dirty("s0", "b"), lab.dirty("s0", "n")) == ([(7, 8)], [(7, 8)])


def test_a_removed_bitmap_keeps_its_name_until_the_commit() -> None:
    lab = world()
    desc = lab.refused("transaction", transaction(action("remove", "s0", "b"), action("add", "s0", "b")))
    assert desc == "Bitmap already exists: b"
    assert lab.bitmaps("s0")["b"]["busy"] is False


def test_enable_of_an_unknown_bitmap_kills_qemu_in_a_transaction_only() -> None:
    lab = world()
    assert lab.refused("block-dirty-bitmap-enable", {"node": "s0", "name": "zz"}) == "Dirty bitmap 'zz' not found"
    with pytest.raises(BackendLost, match="block-dirty-bitmap-enable"):
        lab.transaction(action("enable", "s0", "zz"))


def test_enable_of_a_busy_bitmap_disables_it_in_a_transaction() -> None:
    lab = world()
    lab.execute("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "n"}}})
    export = {"type": "nbd", "id": "e", "node-name": "s0", "writable": True, "bitmaps": ["b"]}
    lab.execute("block-export-add", export)
    assert lab.bitmaps("s0")["b"]["recording"] is True
    assert "in use by another operation" in lab.refused("transaction", transaction(action("enable", "s0", "b")))
    assert lab.bitmaps("s0")["b"]["recording"] is False


def test_a_merge_of_nothing_kills_qemu_when_it_commits() -> None:
    with pytest.raises(BackendLost, match="empty list"):
        world().transaction(merge("s0", "b"))
    with pytest.raises(BackendLost, match="empty list"):
        world().execute("block-dirty-bitmap-merge", merge("s0", "b")["data"])


def test_a_refused_backup_with_mode_always_leaves_every_cluster_dirty() -> None:
    lab = world()
    lab.refused("transaction", transaction(lab.backup("j0", bitmap="b", **{"bitmap-mode": "always"}), ABORT))
    assert lab.dirty("s0", "b") == [(0, 16)]


@pytest.mark.parametrize(
    "earlier",
    [action("clear", "s0", "b"), merge("s0", "b", "d"), action("disable", "s0", "b")],
    ids=lambda each: each["type"],
)
def test_undoing_an_action_on_the_bitmap_of_such_a_backup_kills_qemu(earlier: dict[str, Any]) -> None:
    lab = world()
    with pytest.raises(BackendLost, match="use after free"):
        lab.transaction(earlier, lab.backup("j0", bitmap="b", **{"bitmap-mode": "always"}), ABORT)


def added_and_backed_up(lab: Lab) -> dict[str, Any]:
    return transaction(action("add", "s0", "n"), lab.backup("j0", bitmap="n", **{"bitmap-mode": "always"}), ABORT)


def test_undoing_the_add_of_the_bitmap_of_such_a_backup_removes_what_has_its_name_in_7_2() -> None:
    lab = world((7, 2))
    assert lab.refused("transaction", added_and_backed_up(lab)) == "Transaction aborted using Abort action"
    assert "n" not in lab.bitmaps("s0")


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_undoing_the_add_of_the_bitmap_of_such_a_backup_kills_later_ones(version: tuple[int, int]) -> None:
    lab = world(version)
    with pytest.raises(BackendLost, match="use after free"):
        lab.execute("transaction", added_and_backed_up(lab))


def test_a_job_that_fails_later_undoes_no_immediate_action() -> None:
    lab = world()
    lab.target("t1", inject=[{"event": "none", "iotype": "write", "errno": 5}])
    lab.transaction(action("clear", "s0", "b"), lab.backup("j0", target="t1"))
    assert "j0 aborting" in lab.settle()
    assert lab.dirty("s0", "b") == []


def test_grouped_is_refused_by_the_first_immediate_action_and_takes_the_backup_before_it_back() -> None:
    lab = world()
    actions = transaction(lab.backup("j0"), action("clear", "s0", "b"), grouped=True)
    assert lab.refused("transaction", actions) == (
        "Action 'block-dirty-bitmap-clear' does not support Transaction property completion-mode = grouped"
    )
    assert lab.settle() == ["j0 created", "j0 aborting", "j0 concluded", "j0 null"]


def test_what_was_sent_after_a_crash_is_lost_too() -> None:
    lab = world()
    with pytest.raises(BackendLost):
        lab.transaction(action("enable", "s0", "zz"))
    with pytest.raises(BackendLost):
        lab.execute("query-jobs")
    with pytest.raises(BackendLost):
        run_now(lab.backend.next_event(None))


def test_a_held_job_keeps_its_bitmap_busy_for_every_action() -> None:
    lab = world()
    lab.transaction(lab.backup("j0", sync="incremental", bitmap="b", **HELD))
    for kind in ("clear", "disable", "remove"):
        assert "in use by another operation" in lab.refused("transaction", transaction(action(kind, "s0", "b")))
    assert "in use by another operation" in lab.refused("transaction", transaction(merge("s0", "d", "b")))
