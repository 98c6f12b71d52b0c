"""A simulated QEMU with short words for what tests do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.base import CommandFailed, Image, run_now
from txsh.backends.sim.backend import SimBackend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.backends.sim.node import Node

CLUSTER = 65536
MEBIBYTE = 1 << 20
ONE_BY_ONE: dict[str, Any] = {"x-perf": {"max-workers": 1, "max-chunk": CLUSTER}}
HELD: dict[str, Any] = {"speed": 1, **ONE_BY_ONE}


class Lab:
    """The simulator; names of nodes are names of files too."""

    def __init__(self, program: str = "qsd", version: tuple[int, int] = (7, 2)) -> None:
        self.backend = SimBackend(version, program)

    def execute(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        return run_now(self.backend.execute(command, arguments or {}))

    def refused(self, command: str, arguments: Mapping[str, Any] | None = None) -> str:
        with pytest.raises(CommandFailed) as caught:
            self.execute(command, arguments)
        return caught.value.description

    def image(self, name: str, image_format: str, size: int = MEBIBYTE, **more: Any) -> None:
        run_now(self.backend.host.create_image(Image(name, image_format, size, **more)))

    def drive(self, name: str, size: int = MEBIBYTE, fill: int | None = 17, **options: Any) -> None:
        """A qcow2 drive, full of one byte unless `fill` is None."""
        self.image(name, "qcow2", size)
        if fill is not None:
            self.backend.host.write_image(name, 0, size, fill)
        self.open("qcow2", name, **options)

    def target(self, name: str, size: int = MEBIBYTE, image_format: str = "raw", **options: Any) -> None:
        """An empty target; with `inject` behind a blkdebug of the same name and the raw node below as NAME-raw."""
        self.image(name, image_format, size)
        inject = options.pop("inject", None)
        if inject is None:
            self.open(image_format, name, **options)
            return
        self.open(image_format, f"{name}-raw", name, **options)
        self.execute(
            "blockdev-add", {"driver": "blkdebug", "node-name": name, "image": f"{name}-raw", "inject-error": inject}
        )

    def open(self, driver: str, node: str, file: str | None = None, **options: Any) -> None:
        child = {"driver": "file", "filename": file or node}
        self.execute("blockdev-add", {"driver": driver, "node-name": node, "file": child, **options})

    def bitmap(self, node: str, name: str, *ranges: tuple[int, int], **options: Any) -> None:
        """A bitmap with dirty ranges given in clusters, ends excluded."""
        self.execute("block-dirty-bitmap-add", {"node": node, "name": name, **options})
        for start, end in ranges:
            self.find(node).bitmaps[0].set(start * CLUSTER, end * CLUSTER)

    def backup(self, job: str, source: str = "s0", target: str = "t0", **options: Any) -> dict[str, Any]:
        data = {"device": source, "target": target, "sync": "full", "job-id": job, **options}
        return {"type": "blockdev-backup", "data": data}

    def transaction(self, *actions: Mapping[str, Any], grouped: bool = False) -> None:
        self.execute("transaction", transaction(*actions, grouped=grouped))

    def write(self, node: str, first: int, last: int, pattern: int = 0xAA) -> None:
        """The guest writes clusters, the end excluded."""
        run_now(self.backend.host.write(node, first * CLUSTER, (last - first) * CLUSTER, pattern))

    def events(self, until_us: int | None = None) -> list[str]:
        """What comes until nothing can come, or until a moment: ``j0 running``, ``j0 completed``, ``j0 error``."""
        return [_words(event.name, event.data) for event in self.raw_events(until_us)]

    def raw_events(self, until_us: int | None = None) -> list[Any]:
        found = []
        while (event := run_now(self.backend.next_event(until_us))) is not None:
            found.append(event)
        return found

    def settle(self) -> list[str]:
        """Events of the next tenth of a second, enough for everything that is not held."""
        return self.events(self.backend.now_us() + 100_000)

    def find(self, node: str) -> Node:
        found = self.backend.world.find_node(node)
        assert found is not None
        return found

    def info(self, node: str) -> dict[str, Any]:
        nodes = self.execute("query-named-block-nodes", {"flat": True})
        found: dict[str, Any] = next(each for each in nodes if each["node-name"] == node)
        return found

    def bitmaps(self, node: str) -> dict[str, dict[str, Any]]:
        """The named bitmaps by name, in QEMU's order."""
        return {each["name"]: each for each in self.info(node).get("dirty-bitmaps", []) if "name" in each}

    def dirty(self, node: str, bitmap: str) -> list[tuple[int, int]]:
        """The dirty ranges in clusters, ends excluded."""
        extents = run_now(self.backend.host.extents(node, bitmap))
        return [(start // CLUSTER, end // CLUSTER) for start, end in extents]

    def job(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.execute("query-block-jobs") if each["device"] == job)
        return found

    def byte(self, node: str, cluster: int) -> int:
        mismatch = run_now(self.backend.host.read(node, cluster * CLUSTER, 1, 256))
        assert mismatch is not None
        return mismatch.found

    def byte_now(self, node: str) -> int:
        """The first byte of a node, looked at from outside: no request, no time."""
        found = self.find(node)
        return found.driver.stored(found, 0, 1)[0][2] or 0

    def same(self, one: str, other: str) -> bool:
        host = self.backend.host
        return run_now(host.content(one)).first_difference(run_now(host.content(other))) is None


def action(kind: str, node: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": f"block-dirty-bitmap-{kind}", "data": {"node": node, "name": name, **more}}


def merge(node: str, target: str, *sources: Any) -> dict[str, Any]:
    return {"type": "block-dirty-bitmap-merge", "data": {"node": node, "target": target, "bitmaps": list(sources)}}


ABORT: dict[str, Any] = {"type": "abort", "data": {}}


def transaction(*actions: Mapping[str, Any], grouped: bool = False) -> dict[str, Any]:
    arguments: dict[str, Any] = {"actions": list(actions)}
    if grouped:
        arguments["properties"] = {"completion-mode": "grouped"}
    return arguments


def _words(name: str, data: Mapping[str, Any]) -> str:
    job = data.get("id", data.get("device"))
    if name == "JOB_STATUS_CHANGE":
        return f"{job} {data['status']}"
    short = {"BLOCK_JOB_COMPLETED": "completed", "BLOCK_JOB_CANCELLED": "cancelled", "BLOCK_JOB_ERROR": "error"}
    return f"{job} {short.get(name, name)}"
