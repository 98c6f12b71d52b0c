"""Two equal nodes of a real QEMU, one given the list as it is, the other as a group: the same bitmaps come of it."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.group.rig import MEBIBYTE, Rig, moved
from txsh.group.precheck import first_refusal
from txsh.group.prepare import prepare
from txsh.group.wire import BACKUP, MERGE, hides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from txsh.group.prepare import Prepared
    from txsh.group.wire import QmpAction

SECONDS = 2.0
CLUSTER = 65536
TWIN = {"s0": "s1", "t0": "u0", "t1": "u1", "j0": "k0", "j1": "k1"}
BITMAPS = ("a", "b", "c", "d", "p")
GRANULARITIES = (4096, 65536, 131072)
ENDED = frozenset({"concluded"})
PENDING = frozenset({"pending"})


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    try:
        for name in ("s0", "s1"):
            rig.add_node(name)
        for name in ("t0", "t1", "u0", "u1"):
            rig.add_node(name, driver="raw")
        yield rig
    finally:
        rig.close()


def _reset(rig: Rig, chance: random.Random) -> None:
    """The same random bitmaps on both nodes, with the same bits, no two of them alike."""
    made: list[QmpAction] = []
    for name in BITMAPS:
        data: dict[str, Any] = {"node": "s0", "name": name, "granularity": chance.choice(GRANULARITIES)}
        made.append(("block-dirty-bitmap-add", data | ({"persistent": True} if name == "p" else {})))
    phases = [(_random_switches(chance), _random_range(chance)) for _ in range(3)]
    last = _random_switches(chance)
    for node in ("s0", "s1"):
        gone = [bitmap.name for bitmap in rig.nodes()[node].bitmaps]
        assert rig.transact([("block-dirty-bitmap-remove", {"node": node, "name": name}) for name in gone]) is None
        assert rig.transact(moved(made, {"s0": node})) is None
        for switches, written in phases:
            assert rig.transact(moved(switches, {"s0": node})) is None
            rig.write(node, [written])
        assert rig.transact(moved(last, {"s0": node})) is None


def _random_switches(chance: random.Random) -> list[QmpAction]:
    """Each bitmap records, or does not."""
    return [
        (f"block-dirty-bitmap-{chance.choice(('enable', 'disable'))}", {"node": "s0", "name": name}) for name in BITMAPS
    ]


def _random_range(chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(0, MEBIBYTE - CLUSTER, 4096)
    return start, chance.choice((4096, 8192, CLUSTER))


def _random_list(chance: random.Random, backups: int) -> list[QmpAction]:
    actions = [_random_action(chance) for _ in range(chance.randint(1, 8))]
    for number in range(backups):
        place = chance.randint(0, len(actions))
        actions.insert(place, _random_backup(chance, number))
    return actions


def _random_action(chance: random.Random) -> QmpAction:
    name = chance.choice((*BITMAPS, "n", "m"))
    kind = chance.choice(("add", "remove", "clear", "enable", "disable", "merge", "merge", "merge"))
    if kind == "add":
        data: dict[str, Any] = {"node": "s0", "name": chance.choice(("n", "m"))}
        data |= {"granularity": chance.choice(GRANULARITIES)} if chance.random() < 0.5 else {}
        data |= {"persistent": True} if chance.random() < 0.3 else {}
        return "block-dirty-bitmap-add", data | ({"disabled": True} if chance.random() < 0.4 else {})
    if kind == "merge":
        sources: list[Any] = [chance.choice((*BITMAPS, "n", "m")) for _ in range(chance.randint(1, 3))]
        if chance.random() < 0.2:
            sources[0] = {"node": "s0", "name": sources[0]}
        return MERGE, {"node": "s0", "target": name, "bitmaps": sources}
    return f"block-dirty-bitmap-{kind}", {"node": "s0", "name": name}


def _random_backup(chance: random.Random, number: int) -> QmpAction:
    data: dict[str, Any] = {"device": "s0", "target": f"t{number}", "job-id": f"j{number}"}
    name = chance.choice((*BITMAPS, "n"))
    sync, mode = chance.choice(
        (
            ("incremental", None),
            ("incremental", "on-success"),
            ("bitmap", "on-success"),
            ("bitmap", "never"),
            ("bitmap", "always"),
            ("full", "on-success"),
            ("full", "always"),
            ("top", "on-success"),
            ("full", None),
        )
    )
    if sync != "full" or mode is not None:
        data["bitmap"] = name
    # By hand on both sides: jobs of one source that end together may crash QEMU (B10).
    data |= {"sync": sync} | ({"bitmap-mode": mode} if mode else {})
    return BACKUP, data


def _runs(rig: Rig, chance: random.Random, backups: int) -> list[QmpAction]:
    """A list that QEMU accepts."""
    nodes, jobs = rig.nodes(), rig.jobs()
    while True:
        actions = _random_list(chance, backups)
        if first_refusal(actions, nodes, jobs, version=rig.version) is None:
            return actions


def _by_hand(actions: list[QmpAction]) -> list[QmpAction]:
    return [(kind, {**data, "auto-finalize": False} if kind == BACKUP else data) for kind, data in actions]


def _end_jobs(rig: Rig, command: str) -> None:
    """One after the other."""
    for job in rig.jobs():
        rig.command(command, id=job)
        while job in rig.jobs():
            rig.target.next_event(0.05)


def _start_group(rig: Rig, actions: list[QmpAction], cancel: str, writes: list[tuple[int, int]]) -> Prepared:
    prepared = prepare(moved(actions, TWIN), rig.nodes(), "0a1b2c3d", cancel)
    assert rig.transact(prepared.t1_actions) is None, prepared
    rig.wait_for_jobs(PENDING)
    rig.write("s1", writes)
    return prepared


def _commit(rig: Rig, prepared: Prepared) -> None:
    assert rig.transact(prepared.t3) is None, prepared
    _end_jobs(rig, "job-finalize")
    assert rig.transact(prepared.finish_cleanup) is None


def _abort(rig: Rig, prepared: Prepared) -> None:
    assert rig.transact(prepared.fence) is None
    _end_jobs(rig, "job-cancel")
    assert rig.transact(prepared.abort_cleanup) is None


@pytest.mark.live
@pytest.mark.parametrize(("cancel", "backups"), [("all", 0), ("all", 1), ("all", 2), ("jobs", 1), ("jobs", 2)])
def test_a_group_that_commits_leaves_what_the_same_list_leaves_by_itself(rig: Rig, cancel: str, backups: int) -> None:
    chance = random.Random(f"{cancel} {backups}")
    deadline = time.monotonic() + SECONDS
    tried = 0
    while time.monotonic() < deadline or tried < 5:
        _reset(rig, chance)
        actions, writes = _runs(rig, chance, backups), [_random_range(chance)]

        assert rig.transact(_by_hand(actions)) is None, actions
        rig.wait_for_jobs(PENDING)
        rig.write("s0", writes)
        _end_jobs(rig, "job-finalize")
        _commit(rig, _start_group(rig, actions, cancel, writes))

        assert rig.bitmaps("s1") == rig.bitmaps("s0"), actions
        tried += 1


@pytest.mark.live
@pytest.mark.parametrize("cancel", ["all", "jobs"])
def test_a_group_that_is_cancelled_leaves_what_its_promise_says(rig: Rig, cancel: str) -> None:
    chance = random.Random(cancel)
    deadline = time.monotonic() + SECONDS
    tried = 0
    while time.monotonic() < deadline or tried < 5:
        _reset(rig, chance)
        actions, writes = _runs(rig, chance, 1), [_random_range(chance)]

        happened = [action for action in actions if action[0] != BACKUP] if cancel == "jobs" else []
        assert rig.transact(happened) is None
        rig.write("s0", writes)
        _abort(rig, _start_group(rig, actions, cancel, writes))

        assert rig.bitmaps("s1") == rig.bitmaps("s0"), actions
        assert not any(hides(name) for name in rig.bitmaps("s1"))
        tried += 1
