"""A QEMU that dies, hangs or falls silent: what is said, what is unknown, and that it stays said."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.backends.contract import World
from txsh.backends.base import BackendLost, HostUnable
from txsh.backends.live.launch import launch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from txsh.backends.live.backend import LaunchedBackend

pytestmark = pytest.mark.live

MIB = 1 << 20


def play(
    scenario: Callable[[LaunchedBackend, World], Coroutine[Any, Any, None]],
    program: str = "qsd",
    *,
    time_limit_seconds: float = 20,
) -> None:
    async def run() -> None:
        backend = await launch(program, time_limit_seconds=time_limit_seconds)
        try:
            await scenario(backend, World(backend, backend.host))
        finally:
            await backend.close()

    asyncio.run(run())


async def lost(request: Awaitable[Any]) -> BackendLost:
    with pytest.raises(BackendLost) as caught:
        await request
    return caught.value


@pytest.mark.parametrize(("program", "binary"), [("qsd", "qemu-storage-daemon"), ("qemu-system", "qemu-system-")])
def test_a_crash_is_told_with_its_signal_and_the_command_that_was_open(program: str, binary: str) -> None:
    """B1: an `enable` of a bitmap that does not exist kills QEMU 7.2 inside a transaction."""

    async def scenario(backend: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        action = {"type": "block-dirty-bitmap-enable", "data": {"node": "d", "name": "nope"}}

        loss = await lost(world.run("transaction", actions=[action]))

        assert loss.description.startswith(binary)
        assert "was killed by SIGSEGV" in loss.description
        assert loss.unknown == "transaction"
        for request in (
            world.run("query-jobs"),
            backend.next_event(None),
            backend.host.write("d", 0, 512, 1),
            backend.host.content("d"),
        ):
            assert (await lost(request)).description == loss.description

    play(scenario, program)


def test_a_hang_ends_with_the_time_limit() -> None:
    """B3: grouped with two backups prepared and a later action that fails waits for ever."""

    async def scenario(backend: LaunchedBackend, world: World) -> None:
        for node in ("d", "t", "e", "u"):
            await world.drive(node)
        actions = [
            {"type": "blockdev-backup", "data": {"device": source, "target": target, "job-id": source, "sync": "full"}}
            for source, target in (("d", "t"), ("e", "u"), ("nope", "u"))
        ]

        loss = await lost(world.run("transaction", actions=actions, properties={"completion-mode": "grouped"}))

        assert loss.description == "QEMU did not answer within 1 s"
        assert loss.unknown == "transaction"
        assert (await lost(world.run("query-jobs"))).unknown is None
        assert [event.data["status"] async for event in _left(backend)][:2] == ["created", "created"]

    play(scenario, time_limit_seconds=1)


def test_a_guest_request_has_a_time_limit_too() -> None:
    async def scenario(backend: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        await backend.host.write("d", 0, 512, 1)
        os.kill(backend.pid, signal.SIGSTOP)

        loss = await lost(backend.host.write("d", 0, 512, 2))

        assert loss.description == "QEMU did not answer within 0.5 s"
        assert loss.unknown == "write d"

    play(scenario, time_limit_seconds=0.5)


def test_a_guest_request_open_at_the_end_of_qemu_is_unknown() -> None:
    async def scenario(backend: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        await backend.host.write("d", 0, 512, 1)
        os.kill(backend.pid, signal.SIGSTOP)
        writing = asyncio.create_task(backend.host.write("d", 0, 512, 2))
        await asyncio.sleep(0)
        os.kill(backend.pid, signal.SIGKILL)

        loss = await lost(writing)

        assert "was killed by SIGKILL" in loss.description
        assert loss.unknown == "write d"

    play(scenario)


def test_what_only_looks_leaves_nothing_unknown() -> None:
    async def scenario(backend: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        await world.bitmap("d", "b")
        await backend.host.write("d", 0, 512, 1)
        os.kill(backend.pid, signal.SIGSTOP)
        asking = [
            asyncio.create_task(request)
            for request in (
                backend.execute("query-jobs", {}, look=True),
                backend.host.extents("d", "b"),
                backend.host.flush("d"),
                backend.host.read("d", 0, 512, None),
            )
        ]
        await asyncio.sleep(0)
        os.kill(backend.pid, signal.SIGKILL)

        for loss in [await lost(request) for request in asking]:
            assert "was killed by SIGKILL" in loss.description
            assert loss.unknown is None

    play(scenario)


def test_who_waits_for_an_event_hears_of_the_end_after_the_last_event() -> None:
    async def scenario(backend: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        await world.drive("t")
        await world.run("blockdev-backup", device="d", target="t", job_id="j", sync="full", auto_dismiss=False)
        await world.until_status("j", "concluded")
        await world.run("job-dismiss", id="j")

        await world.run("quit")

        assert [event.data["status"] async for event in _left(backend)] == ["null"]
        loss = await lost(backend.next_event(None))
        assert loss.description == "qemu-storage-daemon exited with code 0"
        assert loss.unknown is None

    play(scenario)


def test_a_command_that_was_cancelled_does_not_disturb_the_next_one() -> None:
    async def scenario(_: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        asking = asyncio.create_task(world.run("query-named-block-nodes", flat=True))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

        assert await world.run("query-jobs") == []

    play(scenario)


def test_two_tasks_may_ask_at_the_same_time() -> None:
    async def scenario(backend: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        await world.bitmap("d", "b")

        answers = await asyncio.gather(
            *(world.run("query-jobs") for _ in range(10)),
            *(backend.host.write("d", index * 65536, 65536, index + 1) for index in range(10)),
        )

        assert answers == [[]] * 10 + [None] * 10
        assert await world.dirty("d", "b") == [(0, 10 * 65536)]

    play(scenario)


def test_an_export_deleted_behind_our_back_is_told_and_made_anew() -> None:
    async def scenario(backend: LaunchedBackend, world: World) -> None:
        await world.drive("d")
        await backend.host.write("d", 0, 512, 1)
        await world.run("block-export-del", id="txsh-1", mode="hard")

        with pytest.raises(HostUnable, match="could not write 'd'") as caught:
            await backend.host.write("d", 0, 512, 2)

        assert caught.value.name == "no-guest-io"
        await backend.host.write("d", 0, 512, 3)
        assert await backend.host.read("d", 0, 512, 3) is None

    play(scenario)


async def _left(backend: LaunchedBackend) -> Any:
    """The events that have come."""
    while True:
        try:
            event = await backend.next_event(backend.now_us())
        except BackendLost:
            return
        if event is None:
            return
        yield event
