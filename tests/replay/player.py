"""Plays one recording to a target and says where the two part.

Source: the rules of comparison are those of the recordings' README.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tests.replay.state import difference
from tests.replay.stream import Stream, awaited, first_difference
from txsh.backends.base import NotSimulated

if TYPE_CHECKING:
    from tests.replay.recording import Line, Recording
    from tests.replay.target import Target

_PATIENCE_SECONDS = 3.0
_REST_SECONDS = 0.1
_ASKED_AGAIN = 15
_EVENTS_SHOWN = 12


class Outcome(NamedTuple):
    """What came of one replay.

    Args:
        compared: how many replies, states and guest requests were found equal; events are compared as a whole.
        mismatch: where and how the target differs, in words; None when it does not.
        missing: what the target has no model of; the recording was then *not* replayed, or not all of it.
    """

    compared: int
    mismatch: str | None = None
    missing: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the whole recording was replayed and nothing differed."""
        return self.mismatch is None and not self.missing


class Parted(Exception):
    """The target is not as the recording says; the message is for people."""


def replay(
    recording: Recording,
    target: Target,
    *,
    strict: bool = False,
    rest_seconds: float = _REST_SECONDS,
) -> Outcome:
    """Play a whole recording; the target is closed afterwards.

    Args:
        strict: count pauses that nobody asked for, too.
        rest_seconds: how long to let jobs get to their holds before the next command.
    """
    player = _Player(recording, target, strict=strict, rest_seconds=rest_seconds)
    try:
        player.play()
    except Parted as parted:
        return Outcome(player.compared, str(parted), tuple(player.missing))
    finally:
        target.close()
    return Outcome(player.compared, missing=tuple(player.missing))


class _Player:
    def __init__(self, recording: Recording, target: Target, *, strict: bool, rest_seconds: float) -> None:
        self._rest_seconds = rest_seconds
        self.number = 0
        self.compared = 0
        self.missing: list[str] = []
        self._recording = recording
        self._target = target
        self._strict = strict
        self._recorded = Stream(strict=strict)
        self._replayed = Stream(strict=strict)
        self._lost = True
        self._died = False
        self._skipped = 0

    def play(self) -> None:
        lines = self._recording.lines
        for index, line in enumerate(lines):
            self.number = line.number
            if line.kind == "event":
                if not line.probe and line.number > self._skipped:
                    self._recorded.event(line.number, line.message["event"], line.message.get("data", {}))
            elif line.kind == "end":
                self._end(line)
            elif not self._lost or line.kind == "world":
                self._try(line, lines[index + 1 :])

    def _try(self, line: Line, rest: list[Line]) -> None:
        try:
            if line.kind == "world":
                self._start(line)
            else:
                self._settle(line)
                self._step(line, rest)
        except NotSimulated as absent:
            # What is missing here had an effect, so nothing that follows in this world can be compared.
            self.missing.append(absent.what)
            self._lost = True

    def _start(self, line: Line) -> None:
        self._recorded, self._replayed = Stream(strict=self._strict), Stream(strict=self._strict)
        self._lost = False
        self._target.start(line.message["program"], line.message["args"])

    def _step(self, line: Line, rest: list[Line]) -> None:
        match line.kind:
            case "image":
                self._target.make_image(line.message)
            case "in" | "setup":
                self._command(line, rest)
            case "guest":
                self._equal(line, line.message["error"], self._target.guest(line.message))
            case "state":
                self._state(line)

    def _command(self, line: Line, rest: list[Line]) -> None:
        reply = next((other for other in rest if other.kind in ("out", "setup-out", "end")), None)
        expected = reply.message if reply is not None and reply.kind != "end" else None
        self._recorded.command(line.message)
        self._replayed.command(line.message)
        try:
            got = self._target.execute(line.message)
        except NotSimulated as absent:
            if expected is None or "return" in expected:
                raise
            # QEMU refused it, so it changed nothing: go on without it.
            self.missing.append(absent.what)
            self._skipped = reply.number if reply is not None else 0
            return
        self._recorded.reply(line.message, accepted=expected is not None and "return" in expected)
        self._replayed.reply(line.message, accepted=got is not None and "return" in got)
        self._collect(0)
        self.number = reply.number if reply is not None else line.number
        if expected is None:
            # QEMU died or fell silent here; nobody need copy that, but an answer would be a guess.
            self._lost = self._died = True
            if got is not None:
                self._part(line.number, "no answer (QEMU crashes or hangs here)", json.dumps(got))
            return
        if got is None:
            self._part(self.number, json.dumps(expected), "no answer")
        command = line.message["execute"]
        comparable = line.kind == "in" or "error" in expected
        if comparable:
            self._equal(line, _comparable(command, expected), _comparable(command, got))
        elif "error" in got:
            self._part(self.number, json.dumps(expected), json.dumps(got))

    def _state(self, line: Line) -> None:
        if self._recording.unstable:
            return
        found = difference(line.message, self._target)
        for _ in range(_ASKED_AGAIN):
            if found is None:
                break
            self._collect(_REST_SECONDS)
            found = difference(line.message, self._target)
        if found is not None:
            self._part(line.number, *found)
        self.compared += 1

    def _end(self, line: Line) -> None:
        if not self._lost:
            self._settle(line)
            self._compare(ended=True)
        elif self._died:
            # What was told on the way is told alike.
            self._collect(0)
            self._compare(ended=True)
        self._lost, self._died = True, False
        self._target.end("quit" if line.message["how"] == "quit" else "killed")

    def _settle(self, line: Line) -> None:
        """Wait for what the recording has shown so far, then for held jobs to get to their hold."""
        if line.kind in ("out", "setup-out") or self._recording.unstable:
            self._collect(0)
            return
        waited = 0.0
        while awaited(self._recorded, self._replayed) and waited < _PATIENCE_SECONDS:
            if not self._one(_REST_SECONDS):
                waited += _REST_SECONDS
        # A state is asked for again until it fits, so it needs no rest before.
        self._collect(self._rest_seconds if self._replayed.alive and line.kind != "state" else 0)
        self._compare(ended=False)

    def _compare(self, *, ended: bool) -> None:
        if self._recording.unstable:
            return
        found = first_difference(self._recorded, self._replayed, ended=ended)
        if found:
            self._part(found.line or self.number, found.expected, found.got)

    def _collect(self, seconds: float) -> None:
        end = self._target.clock() + seconds
        while self._one(max(0.0, end - self._target.clock())):
            if seconds and self._target.clock() >= end:
                break

    def _one(self, seconds: float) -> bool:
        event = self._target.next_event(seconds)
        if event is not None:
            self._replayed.event(0, event["event"], event["data"])
        return event is not None

    def _equal(self, line: Line, expected: Any, got: Any) -> None:
        if expected != got:
            self._part(self.number, json.dumps(expected), f"{json.dumps(got)}\n  asked: {json.dumps(line.message)}")
        self.compared += 1

    def _part(self, number: int, expected: str, got: str) -> NoReturn:
        last = "\n".join(f"    {happening}" for happening in self._replayed.events[-_EVENTS_SHOWN:])
        raise Parted(
            f"{self._recording.path.name}:{number}\n  expected: {expected}\n  got:      {got}\n  last events:\n{last}",
        )


def _comparable(command: str, reply: dict[str, Any]) -> Any:
    """What of a reply has to be the same in every run."""
    if "error" in reply:
        return {"class": reply["error"]["class"], "desc": _without_numbers(reply["error"]["desc"])}
    value = reply["return"]
    if command == "query-named-block-nodes":
        value = [_node(node) for node in value]
    return json.loads(_without_numbers(json.dumps(value)))


def _node(node: dict[str, Any]) -> dict[str, Any]:
    """All but what it takes on the disk, which is for the file system to say."""
    return {member: _image(value) if member == "image" else value for member, value in node.items()}


def _image(image: dict[str, Any]) -> dict[str, Any]:
    told = {member: value for member, value in image.items() if member != "actual-size"}
    if "backing-image" in told:
        told["backing-image"] = _image(told["backing-image"])
    return told


def _without_numbers(text: str) -> str:
    return re.sub(r"#block(\d+)\d\d", r"#block\1", text)
