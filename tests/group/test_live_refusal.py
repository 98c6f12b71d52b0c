"""Random lists against a real QEMU: it refuses the action foreseen, in the words foreseen, and nothing else."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.group.rig import MEBIBYTE, Rig
from txsh.group import text
from txsh.group.precheck import blame, first_refusal
from txsh.group.wire import ABORT, BACKUP, MERGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from txsh.group.wire import QmpAction

SECONDS = 5.0
NODES = ("s0", "s1", "ro", "v2", "raw", "big", "inc", "zz")
BITMAPS = ("a", "b", "p", "busy", "rb", "rs", "z", "x", "n", "m", "zz")
THERE = {"s0": ("a", "b", "p", "busy"), "s1": ("a", "b", "p"), "ro": ("rb", "rs"), "big": ("x",), "inc": ("z",)}
TARGETS = ("t0", "t1", "raw", "big", "s1", "ro", "zz", "s0")
BACKUP_OPTIONS: dict[str, tuple[Any, ...]] = {
    "compress": (True, False),
    "x-perf": ({"max-workers": 0}, {"max-chunk": -1}, {"max-chunk": 4096}, {"max-workers": 3, "max-chunk": 65536}),
    "filter-node-name": ("f", "s0", "1x"),
    "auto-finalize": (False,),
    "speed": (-1, 5),
}


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    rig = Rig()
    try:
        _furnish(rig)
        yield rig
    finally:
        rig.close()


def _furnish(rig: Rig) -> None:
    rig.add_node("inc")
    rig.add_bitmap("inc", "z", persistent=True)
    rig.restart("quit")
    rig.add_node("inc", "inc.img")
    rig.restart("killed")
    rig.add_node("inc", "inc.img")
    rig.add_node("ro")
    rig.add_bitmap("ro", "rb", persistent=True)
    rig.command("blockdev-del", **{"node-name": "ro"})
    rig.add_node("ro", "ro.img", **{"read-only": True})
    rig.add_bitmap("ro", "rs")
    rig.add_node("s0")
    rig.add_node("s1", options={"cluster_size": 4096})
    rig.add_node("v2", options={"compat": "0.10"})
    rig.add_node("big", size=2 * MEBIBYTE)
    for raw in ("raw", "t0", "t1"):
        rig.add_node(raw, driver="raw")
    for node in ("s0", "s1"):
        rig.add_bitmap(node, "a")
        rig.add_bitmap(node, "b", disabled=True, granularity=4096)
        rig.add_bitmap(node, "p", persistent=True)
    rig.add_bitmap("big", "x")
    rig.add_bitmap("s0", "busy")
    rig.write("s0", [(0, 65536)])
    export = {"type": "nbd", "id": "busy", "name": "busy", "node-name": "s0", "bitmaps": ["busy"]}
    rig.command("block-export-add", **export, writable=True)


def _random_action(chance: random.Random) -> QmpAction:
    node, name = _random_bitmap(chance)
    kind = chance.choice(("add", "add", "remove", "clear", "enable", "disable", "merge", "merge", "backup", "backup"))
    if kind == "add":
        data: dict[str, Any] = {"node": node, "name": chance.choice(("n", "m", "o", "a", "", "k" * 1024))}
        data |= {"granularity": chance.choice((512, 4096, 1000, 256, 1 << 31))} if chance.random() < 0.3 else {}
        data |= {"persistent": True} if chance.random() < 0.4 else {}
        data |= {"disabled": chance.random() < 0.5} if chance.random() < 0.4 else {}
        return "block-dirty-bitmap-add", data
    if kind == "merge":
        sources = [_random_source(chance) for _ in range(chance.choice((0, 1, 1, 1, 2, 3)))]
        return MERGE, {"node": node, "target": name, "bitmaps": sources}
    if kind == "backup":
        return BACKUP, _random_backup(chance, node, name)
    return f"block-dirty-bitmap-{kind}", {"node": node, "name": name}


def _random_bitmap(chance: random.Random) -> tuple[str, str]:
    node = chance.choice(NODES[:2] if chance.random() < 0.6 else NODES)
    return node, chance.choice(THERE[node] if node in THERE and chance.random() < 0.8 else BITMAPS)


def _random_source(chance: random.Random) -> Any:
    node, name = _random_bitmap(chance)
    return name if chance.random() < 0.6 else {"node": node, "name": name}


def _random_backup(chance: random.Random, node: str, name: str) -> dict[str, Any]:
    data = {"device": node, "target": chance.choice(TARGETS)}
    data["sync"] = chance.choice(("full", "incremental", "bitmap", "top", "none"))
    if chance.random() < 0.95:
        data["job-id"] = chance.choice(("j0", "j1", "j2", "j3", "1 x"))
    if chance.random() < 0.6:
        data["bitmap"] = name
    if chance.random() < 0.4:
        data["bitmap-mode"] = chance.choice(("on-success", "never", "always"))
    for option, values in BACKUP_OPTIONS.items():
        if chance.random() < 0.06:
            data[option] = chance.choice(values)
    return data


def _is_harmful(actions: list[QmpAction], refused: int, *, grouped: bool) -> bool:
    """Whether a refusal there makes this QEMU crash, hang or damage a bitmap (B1, B3, B4, B9)."""
    prepared = actions[:refused]
    if actions[refused][0] == "block-dirty-bitmap-enable":
        return True
    if grouped and sum(kind == BACKUP for kind, _ in prepared) > 1:
        return True
    return any(data.get("bitmap-mode") == "always" for _, data in prepared)


@pytest.mark.live
def test_a_real_qemu_refuses_what_was_foreseen_in_the_words_foreseen(rig: Rig) -> None:
    chance = random.Random(72)
    deadline = time.monotonic() + SECONDS
    tried, told = 0, set()
    while time.monotonic() < deadline:
        actions = [_random_action(chance) for _ in range(chance.randint(1, 6))]
        actions.append((ABORT, {}))
        grouped = chance.random() < 0.1
        nodes, jobs = rig.nodes(), rig.jobs()
        refusal = first_refusal(actions, nodes, jobs, version=rig.version, grouped=grouped)
        assert refusal is not None
        if _is_harmful(actions, refusal.index, grouped=grouped):
            continue

        error = rig.transact(actions, grouped=grouped)

        assert error == refusal.error, actions
        found = blame(actions, nodes, jobs, error, version=rig.version, grouped=grouped)
        assert found == refusal.index, actions
        before = [*actions[: refusal.index], (ABORT, {})]
        if not grouped:
            aborted = rig.transact(before)
            assert aborted is not None
            assert aborted.description == text.ABORTED, actions
        tried += 1
        told.add(error.description)
    assert tried > 200
    assert len(told) > 50
