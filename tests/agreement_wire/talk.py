"""One conversation held with both at once; it ends where they first say different things."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.agreement_wire.peer import Peer

_UNKNOWABLE = ("timestamp", "actual-size", "thread-id")
"""The clock, what a file takes on the disk of the machine that ran it, the number of a thread."""
_PATIENCE = 10
"""How many more times to listen to one that is behind."""
_MADE_UP = re.compile(r"(#block\d+)\d\d\b")
"""Names of nodes without one: a number that counts, and two digits of chance. Source: util/id.c, id_generate."""


class Parted(Exception):
    """They differ; the text says where."""


class Over(Exception):
    """Both are gone, or both hang, in the same way: the conversation has nothing left to say."""


class NotSaid(Exception):
    """The simulator says by name that it has no model of it."""


class Talk:
    """Says everything to both and compares.

    Args:
        real: the real QEMU.
        served: the simulator.
    """

    def __init__(self, real: Peer, served: Peer) -> None:
        self._real = real
        self._served = served
        self.lines: list[str] = []
        self._number = 0
        self._compare(real.greeting, served.greeting)

    def ask(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """One well-formed command; its reply.

        Raises:
            Parted: the answers differ.
            Over: both are gone, or neither answers.
            NotSaid: it is not simulated.
        """
        self._number += 1
        message: dict[str, Any] = {"execute": command, "id": self._number}
        if arguments is not None:
            message["arguments"] = arguments
        values = self.say(json.dumps(message).encode(), expected=True)
        for value in values:
            if value.get("id") == self._number:
                return value
        raise Over

    def works(self, command: str, arguments: dict[str, Any]) -> bool:
        """Whether the reply is no error."""
        return "return" in self.ask(command, arguments)

    def say(self, data: bytes, *, expected: bool = False) -> list[dict[str, Any]]:
        """Bytes as they are; everything that was said upon them.

        Raises:
            Parted: the answers differ.
            Over: both are gone.
            NotSaid: it is not simulated.
        """
        self.lines.append(f"-> {data.decode(errors='backslashreplace')}")
        for peer in (self._real, self._served):
            peer.send(data)
        served = self._served.listen(expected=expected)
        for value in served or ():
            if value.get("error", {}).get("desc", "").startswith("not simulated"):
                raise NotSaid(value["error"]["desc"])
        return self._compare(*self._level(self._real.listen(expected=expected), served))

    def await_end(self, job: str) -> None:
        """Listen until a job has concluded: how long one that writes files takes is no difference.

        Raises:
            Parted: the answers differ.
            Over: both are gone.
        """
        for _ in range(_PATIENCE):
            if any(f'"{job}"' in line and '"concluded"' in line for line in self.lines):
                return
            self._compare(*self._level(self._real.listen(expected=False), self._served.listen(expected=False)))

    def _level(self, real: list[Any] | None, served: list[Any] | None) -> tuple[list[Any] | None, list[Any] | None]:
        """Listen on to one that is behind the other: how fast they are is no difference."""
        for _ in range(_PATIENCE):
            if real is None or served is None or _streams(real) == _streams(served):
                break
            if _behind(_streams(real), _streams(served)):
                real += self._real.listen(expected=False) or []
            elif _behind(_streams(served), _streams(real)):
                served += self._served.listen(expected=False) or []
            else:
                break
        return real, served

    def _compare(self, real: list[Any] | None, served: list[Any] | None) -> list[dict[str, Any]]:
        if real is None and served is None:
            raise Over
        if real is None or served is None:
            name, gone = ("QEMU", self._real) if real is None else ("the simulator", self._served)
            raise Parted(f"{name} is gone: {gone.last_words()!r}; the other says: {real or served}")
        for one, other in ((replies(real), replies(served)), (events(real), events(served))):
            if one != other:
                raise Parted(_difference(one, other))
        self.lines += [f"<- {json.dumps(value)}" for value in real]
        return real


def replies(values: list[Any]) -> list[Any]:
    """What is no event, as it can be compared."""
    return [_knowable(value) for value in values if "event" not in value]


def events(values: list[Any]) -> dict[str, list[Any]]:
    """Events by what they are about: those of one job have an order, others come when they come.

    The end of an export comes with its last connection, which only a real one has.
    """
    about: dict[str, list[Any]] = {}
    for value in values:
        if "event" in value and value["event"] != "BLOCK_EXPORT_DELETED":
            data = value.get("data", {})
            who = str(data.get("id", data.get("device", "")))
            about.setdefault(who, []).append(_knowable(value))
    return about


def _streams(values: list[Any]) -> dict[str, list[Any]]:
    return {"": replies(values)} | {f"about {who}": said for who, said in events(values).items()}


def _behind(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> bool:
    """Whether all that the one has said is the beginning of what the other has."""
    return all(other.get(who, [])[: len(said)] == said for who, said in one.items())


def _knowable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _knowable(each) for key, each in value.items() if key not in _UNKNOWABLE}
    if isinstance(value, list):
        return [_knowable(each) for each in value]
    if isinstance(value, str):
        return _MADE_UP.sub(r"\1", value)
    return value


def _difference(real: Any, served: Any) -> str:
    """The first place where they differ, and both wholes."""
    place, one, other = _first("", real, served)
    return f"at {place or 'all'}\n  QEMU:      {_short(one)}\n  simulator: {_short(other)}"


def _first(place: str, real: Any, served: Any) -> tuple[str, Any, Any]:
    if isinstance(real, dict) and isinstance(served, dict):
        for key in [*real, *served]:
            if real.get(key) != served.get(key) or (key in real) != (key in served):
                return _first(f"{place}.{key}", real.get(key, "(absent)"), served.get(key, "(absent)"))
    if isinstance(real, list) and isinstance(served, list) and len(real) == len(served):
        for index, (one, other) in enumerate(zip(real, served, strict=True)):
            if one != other:
                return _first(f"{place}[{index}]", one, other)
    return place, real, served


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 1500 else f"{text[:1500]}..."
