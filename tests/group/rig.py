"""A real QEMU for the rules of groups: nodes of every kind, random lists, and what a look shows. Knows no rule."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.replay.real import RealTarget
from txsh.model.event import QmpError
from txsh.model.state import read_jobs, read_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from txsh.group.wire import QmpAction
    from txsh.model.state import JobInfo, NodeInfo

MEBIBYTE = 1 << 20
_JOB_SECONDS = 10.0


class Rig:
    """One process and what is asked of it; `version` is the QEMU that is installed."""

    def __init__(self) -> None:
        self.target = RealTarget()
        self.target.start("qsd", [])
        self._exports: set[str] = set()
        found = self.command("query-version")["qemu"]
        self.version = (found["major"], found["minor"])

    def close(self) -> None:
        self.target.close()

    def restart(self, how: str) -> None:
        self.target.end(how)
        self.target.start("qsd", [])
        self._exports = set()

    def command(self, name: str, /, **arguments: Any) -> Any:
        """Send what has to work."""
        reply = self.target.execute({"execute": name, "arguments": arguments})
        assert reply is not None, (name, arguments)
        assert "return" in reply, (name, arguments, reply)
        return reply["return"]

    def transact(self, actions: Iterable[QmpAction], *, grouped: bool = False) -> QmpError | None:
        """Send a transaction; the error, or None."""
        arguments: dict[str, Any] = {"actions": [{"type": kind, "data": data} for kind, data in actions]}
        if grouped:
            arguments["properties"] = {"completion-mode": "grouped"}
        reply = self.target.execute({"execute": "transaction", "arguments": arguments})
        assert reply is not None, f"no answer to {arguments}"
        error = reply.get("error")
        return None if error is None else QmpError(error["class"], error["desc"])

    def nodes(self) -> dict[str, NodeInfo]:
        return read_nodes(self.command("query-named-block-nodes", flat=True))

    def jobs(self) -> dict[str, JobInfo]:
        return read_jobs(self.command("query-jobs"))

    def add_node(self, name: str, image: str | None = None, *, size: int = MEBIBYTE, **more: Any) -> None:
        """Make an image, unless it is there, and a node on it."""
        driver = more.pop("driver", "qcow2")
        if image is None:
            image = f"{name}.img"
            options = more.pop("options", None)
            self.target.make_image({"file": image, "format": driver, "size": size, "options": options, "data": []})
        file = {"driver": "file", "filename": image}
        self.command("blockdev-add", **{"driver": driver, "node-name": name, "file": file, **more})

    def add_bitmap(self, node: str, name: str, **more: Any) -> None:
        self.command("block-dirty-bitmap-add", node=node, name=name, **more)

    def write(self, node: str, ranges: Sequence[tuple[int, int]]) -> None:
        """Write as the guest, through an export that is there from then on."""
        if not self._exports:
            address = {"type": "unix", "data": {"path": "nbd.sock"}}
            self.command("nbd-server-start", addr=address)
        if node not in self._exports:
            self._exports.add(node)
            self.command(
                "block-export-add", **{"type": "nbd", "id": node, "name": node, "node-name": node}, writable=True
            )
        for offset, length in ranges:
            io = {"op": "write", "export": node, "offset": offset, "length": length, "pattern": 90}
            assert self.target.guest(io) is None

    def wait_for_jobs(self, done: frozenset[str]) -> None:
        """Until every job is in one of these states, or gone."""
        deadline = time.monotonic() + _JOB_SECONDS
        while not all(job.status in done for job in self.jobs().values()):
            assert time.monotonic() < deadline, self.jobs()
            self.target.next_event(0.05)

    def bitmaps(self, node: str) -> dict[str, tuple[Any, ...]]:
        """Everything that can be seen of a node's bitmaps, their exact contents included."""
        found = {}
        for bitmap in self.nodes()[node].bitmaps:
            reply = self.command("x-debug-block-dirty-bitmap-sha256", node=node, name=bitmap.name)
            found[bitmap.name] = (reply["sha256"], *bitmap[2:])
        return found


def moved(actions: Sequence[QmpAction], names: Mapping[str, str]) -> list[QmpAction]:
    """The same list with other nodes and jobs in it."""

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                member: names.get(inner, inner) if isinstance(inner, str) else other(inner)
                for member, inner in value.items()
            }
        return [other(inner) for inner in value] if isinstance(value, list) else value

    return [(kind, other(data)) for kind, data in actions]
