"""Holds a conversation with the simulator and writes it down as a recording, to be replayed to a real QEMU."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tests.replay.recording import Line, Recording
from tests.replay.simulator import SimulatedTarget

_SETTLED_SECONDS = 1.0
"""Virtual; whatever moves at all moves within that time."""
REST_SECONDS = 0.03
"""Real; how long a real one is given to get to its holds, on top of the events that are waited for."""


class Lost(Exception):
    """The simulator says that QEMU would die or fall silent here; the conversation is over."""


class Recorder:
    """One conversation.

    Args:
        name: what to call the recording.
        version: of the QEMU to simulate.
        program: ``qsd`` or ``system``.
    """

    def __init__(self, name: str, version: tuple[int, int], program: str) -> None:
        self.version = version
        self.program = program
        self._name = f"{name}.{version[0]}.{version[1]}"
        self._target = SimulatedTarget(version)
        self._lines: list[Line] = []

    def recording(self) -> Recording:
        """All that was said so far."""
        return Recording(Path(f"{self._name}.jsonl"), self._lines)

    def start(self) -> None:
        """Start the program, again after `end`."""
        self._note("world", {"version": f"{self.version[0]}.{self.version[1]}", "program": self.program, "args": []})
        self._target.start(self.program, [])

    def image(
        self,
        file: str,
        kind: str,
        size: int,
        data: list[list[int]],
        *,
        backing: str | None = None,
        **options: str,
    ) -> None:
        """Make an image; its backing file is a qcow2 one."""
        image = {"file": file, "format": kind, "size": size, "data": data, "options": options}
        if backing is not None:
            image["backing"] = backing
        self._note("image", image)
        self._target.make_image(image)

    def command(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Send a command, let everything come to rest.

        Raises:
            Lost: there is no answer.
        """
        message = {"execute": name, "arguments": arguments}
        self._note("in", message)
        reply = self._target.execute(message)
        if reply is None:
            self._note("end", {"how": "crash"})
            raise Lost
        self._note("out", reply)
        self._rest()
        return reply

    def take_back(self) -> None:
        """Let the last command not have been said: it has no model."""
        self._lines.pop()

    def guest(self, node: str, op: str, offset: int, length: int, pattern: int | None) -> None:
        """Read or write as the guest; the export has the name of the node it was made for."""
        io = {"export": node, "node": node, "op": op, "offset": offset, "length": length, "pattern": pattern}
        error = self._target.guest(io)
        self._note("guest", io | {"error": error})
        self._rest()

    def look(self, nodes: list[str]) -> None:
        """Write down the jobs, and every bitmap of these nodes with its exact content."""
        self._note("state", {"jobs": self.ask("query-jobs")})
        self._note("state", {"block-jobs": self.ask("query-block-jobs")})
        for node in self.ask("query-named-block-nodes", flat=True):
            if node["node-name"] in nodes:
                bitmaps = {}
                for bitmap in node.get("dirty-bitmaps", []):
                    if "name" in bitmap:
                        told = {key: value for key, value in bitmap.items() if key != "name"}
                        bitmaps[bitmap["name"]] = told | self._content(node["node-name"], bitmap["name"])
                self._note("state", {"node": node["node-name"], "bitmaps": bitmaps, "all": True})

    def look_at_file(self, file: str) -> None:
        """Write down all bytes of a raw file, as their hash."""
        self._note("state", {"file": file, "sha256": hashlib.sha256(self._target.file_bytes(file)).hexdigest()})

    def end(self, how: str) -> None:
        """End the process."""
        self._note("end", {"how": how})
        self._target.end(how)

    def ask(self, command: str, **arguments: Any) -> Any:
        """Ask for the sake of the conversation's author; nothing is written down."""
        reply = self._target.execute({"execute": command, "arguments": arguments})
        assert reply is not None
        return reply["return"]

    def _content(self, node: str, name: str) -> dict[str, str]:
        reply = self._target.execute(
            {"execute": "x-debug-block-dirty-bitmap-sha256", "arguments": {"node": node, "name": name}},
        )
        assert reply is not None
        return {"sha256": reply["return"]["sha256"]}

    def _rest(self) -> None:
        end = self._target.clock() + _SETTLED_SECONDS
        while event := self._target.next_event(end - self._target.clock()):
            self._note("event", event)

    def _note(self, kind: str, message: Any) -> None:
        self._lines.append(Line(len(self._lines) + 1, kind, message, probe=False))
