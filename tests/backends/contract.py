"""Runs one scenario on any backend: the simulator, or a QEMU launched for it alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.base import Image, run_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from txsh.backends.base import Backend, Host
    from txsh.model.event import Event

EVERY_BACKEND = pytest.mark.parametrize(
    "name", ["sim", pytest.param("qsd", marks=pytest.mark.live), pytest.param("qemu-system", marks=pytest.mark.live)]
)
CLUSTER = 65536
TIME_LIMIT_SECONDS = 20.0


class World:
    """A backend with the few words that scenarios are made of."""

    def __init__(self, backend: Backend, host: Host) -> None:
        self.backend = backend
        self.host = host

    async def drive(self, name: str, size_bytes: int = 1 << 20, image_format: str = "qcow2", **options: Any) -> None:
        """Make an image and two nodes, as `drive` does."""
        file = f"{name}.{image_format}"
        cluster = options.pop("cluster_bytes", None)
        backing = options.pop("backing_file", None)
        await self.host.create_image(Image(file, image_format, size_bytes, cluster, backing=backing))
        await self.run(
            "blockdev-add", driver="file", node_name=f"{name}-file", filename=self.host.path(file), **options
        )
        if backing is not None:
            options["backing"] = backing[0].partition(".")[0]
        await self.run("blockdev-add", driver=image_format, node_name=name, file=f"{name}-file", **options)

    async def run(self, command: str, **arguments: Any) -> Any:
        """Send a command; members' names are written with underscores."""
        return await self.backend.execute(command, {key.replace("_", "-"): value for key, value in arguments.items()})

    async def bitmap(self, node: str, name: str, **options: Any) -> None:
        """Add a bitmap."""
        await self.run("block-dirty-bitmap-add", node=node, name=name, **options)

    async def bitmaps(self, node: str) -> dict[str, dict[str, Any]]:
        """What the query says of a node's named bitmaps."""
        (info,) = [info for info in await self.run("query-named-block-nodes", flat=True) if info["node-name"] == node]
        return {bitmap["name"]: bitmap for bitmap in info.get("dirty-bitmaps", []) if bitmap.get("name")}

    async def dirty(self, node: str, name: str) -> list[tuple[int, int]]:
        """The dirty ranges of a bitmap as (start, end)."""
        return list(await self.host.extents(node, name))

    async def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Let time pass until an event comes; returns what came, that one last."""
        events: list[Event] = []
        deadline_us = self.backend.now_us() + int(TIME_LIMIT_SECONDS * 1_000_000)
        while not events or not wanted(events[-1]):
            event = await self.backend.next_event(deadline_us)
            assert event is not None, f"only these came: {events}"
            events.append(event)
        return events

    async def until_status(self, job: str, status: str) -> list[Event]:
        """Let time pass until a job has a status."""
        return await self.until(lambda event: event.job == job and event.data.get("status") == status)


def play(name: str, scenario: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario on a fresh backend."""
    if name == "sim":
        from txsh.backends.sim.backend import SimBackend  # noqa: PLC0415  # so that each side runs without the other

        backend = SimBackend()
        run_now(scenario(World(backend, backend.host)))
        return
    asyncio.run(_play_live(name, scenario))


async def _play_live(name: str, scenario: Callable[[World], Awaitable[None]]) -> None:
    from txsh.backends.live.launch import launch  # noqa: PLC0415  # the same

    backend = await launch(name, time_limit_seconds=TIME_LIMIT_SECONDS)
    try:
        await scenario(World(backend, backend.host))
    finally:
        await backend.close()
