"""What every Backend promises, on the simulator and on real QEMUs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.contract import CLUSTER, EVERY_BACKEND, World, play
from txsh.backends.base import CommandFailed
from txsh.model.event import QmpError

MIB = 1 << 20


@EVERY_BACKEND
def test_a_refusal_has_the_class_and_the_words_of_qemu(name: str) -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(CommandFailed) as caught:
            await world.run("block-dirty-bitmap-clear", node="nope", name="b")
        assert (caught.value.error_class, caught.value.description) == ("GenericError", "Node 'nope' not found")

        with pytest.raises(CommandFailed) as caught:
            await world.run("blockdev-foo")
        assert caught.value.error_class == "CommandNotFound"
        assert caught.value.description == "The command blockdev-foo has not been found"

    play(name, scenario)


@EVERY_BACKEND
def test_the_observer_sees_every_command_with_its_answer(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        seen: list[tuple[str, Any, Any, bool]] = []
        world.backend.observer = lambda command, arguments, reply, look: seen.append(
            (command, dict(arguments), reply, look)
        )

        await world.bitmap("d", "b")
        with pytest.raises(CommandFailed):
            await world.bitmap("d", "b")
        await world.backend.execute("query-jobs", {}, look=True)

        arguments = {"node": "d", "name": "b"}
        assert seen == [
            ("block-dirty-bitmap-add", arguments, {}, False),
            ("block-dirty-bitmap-add", arguments, QmpError("GenericError", "Bitmap already exists: b"), False),
            ("query-jobs", {}, [], True),
        ]

    play(name, scenario)


@EVERY_BACKEND
def test_the_events_of_a_backup_come_in_order_the_early_ones_with_the_reply(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.drive("t")
        await world.host.write("d", 0, MIB, 1)
        action = {"device": "d", "target": "t", "job-id": "j", "sync": "full", "auto-finalize": False}
        started_us = world.backend.now_us()

        await world.run("transaction", actions=[{"type": "blockdev-backup", "data": action}])
        early = []
        while (event := await world.backend.next_event(world.backend.now_us())) is not None:
            early.append(event)
        events = early + await world.until_status("j", "pending") if _statuses(early)[-1:] != ["pending"] else early
        await world.run("job-finalize", id="j")
        events += await world.until_status("j", "null")

        assert _statuses(early)[:4] == ["created", "running", "paused", "running"]
        assert _statuses(events)[4:] == ["waiting", "pending", "BLOCK_JOB_COMPLETED", "concluded", "null"]
        times = [event.time_us for event in events]
        assert times == sorted(times)
        assert started_us <= times[0]
        assert times[-1] <= world.backend.now_us()

    play(name, scenario)


@EVERY_BACKEND
def test_a_deadline_that_has_come_only_collects_what_is_there(name: str) -> None:
    async def scenario(world: World) -> None:
        assert await world.backend.next_event(world.backend.now_us()) is None

        deadline_us = world.backend.now_us() + 20_000
        assert await world.backend.next_event(deadline_us) is None
        assert world.backend.now_us() >= deadline_us

    play(name, scenario)


@EVERY_BACKEND
def test_closing_twice_is_closing_once(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.backend.close()
        await world.backend.close()

    play(name, scenario)


@EVERY_BACKEND
def test_it_says_which_qemu_it_is(name: str) -> None:
    async def scenario(world: World) -> None:
        version = (await world.run("query-version"))["qemu"]
        assert world.backend.version == (version["major"], version["minor"])

    play(name, scenario)


@EVERY_BACKEND
def test_the_target_of_a_backup_may_have_been_written_by_the_guest(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.drive("t")
        await world.host.write("d", 0, CLUSTER, 1)
        await world.host.write("t", 0, MIB, 2)

        await world.run("blockdev-backup", device="d", target="t", job_id="j", sync="full")
        await world.until_status("j", "null")

        assert (await world.host.content("t")).first_difference(await world.host.content("d")) is None

    play(name, scenario)


@EVERY_BACKEND
def test_a_node_that_the_guest_used_can_be_deleted(name: str) -> None:
    async def scenario(world: World) -> None:
        await world.drive("d")
        await world.host.write("d", 0, CLUSTER, 1)
        await world.run("blockdev-del", node_name="d")
        await world.run("blockdev-del", node_name="d-file")

        assert await world.run("query-named-block-nodes") == []

    play(name, scenario)


def _statuses(events: list[Any]) -> list[str]:
    named = [event for event in events if event.job == "j" and event.name != "BLOCK_JOB_PENDING"]
    return [event.data.get("status", event.name) for event in named]
