"""What each action declares (phase, rollback, shadow) is what the model QEMU does, and what a real one does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from txsh.actions import registry
from txsh.actions.base import Action, Phase, Rollback
from txsh.backends.base import CommandFailed, Image, run_now
from txsh.backends.sim.backend import SimBackend

CLUSTER_BYTES = 65536
SIZE_BYTES = 16 * CLUSTER_BYTES
DATA: dict[str, dict[str, Any]] = {
    "abort": {},
    "bitmap-add": {"node": "d", "name": "new"},
    "bitmap-remove": {"node": "d", "name": "on"},
    "bitmap-clear": {"node": "d", "name": "on"},
    "bitmap-enable": {"node": "d", "name": "off"},
    "bitmap-disable": {"node": "d", "name": "on"},
    "bitmap-merge": {"node": "d", "target": "on", "bitmaps": ["off"]},
    "backup": {"device": "d", "target": "t", "sync": "full", "job-id": "j"},
}
"""What each action is tried with: bitmap `on` records and has one cluster, `off` does not record and has another."""
ACTIONS = [verb for verb in registry.every() if isinstance(verb, Action)]
ROLLBACK_OF = {
    "fails": Rollback.NOTHING,
    "adds": Rollback.REMOVES,
    "removes": Rollback.RESTORES,
    "empties": Rollback.RESTORES,
    "merges": Rollback.RESTORES,
    "enables": Rollback.RESTORES,
    "disables": Rollback.RESTORES,
    "backs-up": Rollback.CANCELS,
}
Scenario = Callable[[Any], Awaitable[None]]


class Bitmap(NamedTuple):
    count_bytes: int
    recording: bool
    busy: bool
    content: str


def on_the_simulator(scenario: Scenario) -> None:
    async def run() -> None:
        await scenario(SimBackend((7, 2), "qsd"))

    run_now(run())


def on_a_real_qemu(scenario: Scenario) -> None:
    from txsh.backends.live.launch import launch  # noqa: PLC0415  # asyncio and its friends only where they are needed

    async def run() -> None:
        backend = await launch("qsd")
        try:
            await scenario(backend)
        finally:
            await backend.close()

    asyncio.run(run())


BACKENDS = [pytest.param(on_the_simulator, id="sim"), pytest.param(on_a_real_qemu, id="qsd", marks=pytest.mark.live)]


async def add_node(backend: Any, name: str) -> None:
    await backend.host.create_image(Image(name, "qcow2", SIZE_BYTES))
    file = {"driver": "file", "filename": backend.host.path(name)}
    await backend.execute("blockdev-add", {"driver": "qcow2", "node-name": name, "file": file})


async def build_world(backend: Any) -> None:
    await add_node(backend, "d")
    await add_node(backend, "t")
    await backend.execute("block-dirty-bitmap-add", {"node": "d", "name": "off"})
    await backend.host.write("d", 0, CLUSTER_BYTES, 1)
    await backend.execute("block-dirty-bitmap-disable", {"node": "d", "name": "off"})
    await backend.execute("block-dirty-bitmap-add", {"node": "d", "name": "on"})
    await backend.host.write("d", 3 * CLUSTER_BYTES, CLUSTER_BYTES, 2)


async def bitmaps(backend: Any) -> dict[str, Bitmap]:
    nodes = await backend.execute("query-named-block-nodes", {"flat": True})
    (listed,) = [node["dirty-bitmaps"] for node in nodes if node["node-name"] == "d"]
    found = {}
    for bitmap in listed:
        named = {"node": "d", "name": bitmap["name"]}
        content = await backend.execute("x-debug-block-dirty-bitmap-sha256", named)
        found[bitmap["name"]] = Bitmap(bitmap["count"], bitmap["recording"], bitmap["busy"], content["sha256"])
    return found


async def statuses(backend: Any) -> list[str]:
    """What has become of job `j` since the start, to its end when there was one."""
    seen: list[str] = []
    while seen[-1:] != ["null"]:
        event = await backend.next_event(backend.now_us() + 2_000_000 if seen else backend.now_us())
        if event is None:
            break
        if event.name == "JOB_STATUS_CHANGE":
            seen.append(event.data["status"])
    return seen


def transaction(*actions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"actions": [{"type": name, "data": data} for name, data in actions]}


async def seen_effect(backend: Any, before: dict[str, Bitmap]) -> str:
    """The shadow's name for what has happened to the world."""
    if "concluded" in await statuses(backend):
        return "backs-up"
    after = await bitmaps(backend)
    if "new" in after:
        return "adds"
    if "on" not in after:
        return "removes"
    if after["off"].recording:
        return "enables"
    if not after["on"].recording:
        return "disables"
    if after["on"].count_bytes == 0:
        return "empties"
    assert after["on"].count_bytes == before["on"].count_bytes + before["off"].count_bytes
    return "merges"


@pytest.mark.parametrize("run", BACKENDS)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.verb)
def test_an_action_in_a_transaction_has_the_effect_that_its_shadow_names(
    action: Action, run: Callable[[Scenario], None]
) -> None:
    async def scenario(backend: Any) -> None:
        await build_world(backend)
        before = await bitmaps(backend)
        try:
            await backend.execute("transaction", transaction((action.qmp, DATA[action.verb])))
        except CommandFailed:
            assert action.shadow == "fails"
            assert await bitmaps(backend) == before
        else:
            assert await seen_effect(backend, before) == action.shadow

    run(scenario)


@pytest.mark.parametrize("run", BACKENDS)
@pytest.mark.parametrize("action", [action for action in ACTIONS if action.alone], ids=lambda action: action.verb)
def test_an_action_alone_has_the_same_effect(action: Action, run: Callable[[Scenario], None]) -> None:
    async def scenario(backend: Any) -> None:
        await build_world(backend)
        before = await bitmaps(backend)

        await backend.execute(action.qmp, DATA[action.verb])

        assert await seen_effect(backend, before) == action.shadow

    run(scenario)


@pytest.mark.parametrize("run", BACKENDS)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.verb)
def test_a_refusal_after_an_action_leaves_the_world_as_it_was(action: Action, run: Callable[[Scenario], None]) -> None:
    async def scenario(backend: Any) -> None:
        await build_world(backend)
        before = await bitmaps(backend)

        with pytest.raises(CommandFailed, match="Transaction aborted using Abort action"):
            await backend.execute("transaction", transaction((action.qmp, DATA[action.verb]), ("abort", {})))

        assert await bitmaps(backend) == before
        assert await backend.execute("query-jobs", {}) == []
        cancelled = ["created", "aborting", "concluded", "null"] if action.starts_job else []
        assert await statuses(backend) == cancelled

    run(scenario)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.verb)
def test_phase_and_rollback_agree_with_the_effect(action: Action) -> None:
    phases = {"fails": Phase.NONE, "backs-up": Phase.STARTS_JOB}

    assert action.phase == phases.get(action.shadow, Phase.IMMEDIATE)
    assert action.rollback == ROLLBACK_OF[action.shadow]


def test_an_action_that_cannot_stand_alone_is_no_command() -> None:
    async def scenario(backend: Any) -> None:
        for action in ACTIONS:
            if not action.alone:
                with pytest.raises(CommandFailed, match=f"The command {action.qmp} has not been found"):
                    await backend.execute(action.qmp, {})

    on_the_simulator(scenario)
