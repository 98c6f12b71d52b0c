"""The server by turns: clients one after the other, time, and ends."""

from __future__ import annotations

import json
import socket
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.monitor.client import Client
from txsh.backends.sim.monitor.place import Place
from txsh.backends.sim.monitor.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

NULL = {"driver": "null-co", "size": 8 << 20}
MILLISECOND_NS = 1_000_000


class House:
    """A server, its socket, and a clock that stands still until somebody moves it."""

    def __init__(self, place: Place, path: str, program: str) -> None:
        self.path = path
        self.now_ns = 1_000_000_000
        self.callers: list[Caller] = []
        self.bell, self.rope = socket.socketpair()
        self.backend = SimBackend((7, 2), program)
        self.server = Server(self.backend, place.listener, self.bell, lambda: self.now_ns)

    def connect(self) -> Caller:
        caller = Caller(self)
        self.callers.append(caller)
        return caller

    def ring(self) -> None:
        self.rope.send(b"!")

    def pass_time(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * MILLISECOND_NS


class Caller:
    """A client, who gives the server its turn whenever it needs one."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(house.path)

    def heard(self) -> list[Any]:
        """What has been sent to it up to now."""
        said = b""
        self.socket.setblocking(False)
        try:
            while packet := self.socket.recv(1 << 20):
                said += packet
        except BlockingIOError:
            pass
        self.socket.setblocking(True)
        return [json.loads(line) for line in said.splitlines()]

    def say(self, command: str, **arguments: Any) -> list[Any]:
        """Send a command; returns what comes of it in one turn."""
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        self._house.server.turn()
        return self.heard()

    def negotiate(self) -> None:
        self._house.server.turn()
        assert "QMP" in self.heard()[0]
        assert self.say("qmp_capabilities") == [{"return": {}}]


@pytest.fixture(params=["qemu-system"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="txsh-") as folder, Place(f"{folder}/s") as place:
        house = House(place, f"{folder}/s", request.param)
        with house.bell, house.rope:
            yield house
            for caller in house.callers:
                caller.socket.close()
            house.server.close()


def test_a_second_client_waits_for_its_greeting_until_the_first_has_gone(house: House) -> None:
    first, second = house.connect(), house.connect()
    first.negotiate()
    assert first.say("query-name") == [{"return": {}}]
    assert second.heard() == []

    first.socket.close()
    house.server.turn()
    assert second.heard() == []
    second.negotiate()


def test_the_state_stays_for_the_next_client(house: House) -> None:
    first = house.connect()
    first.negotiate()
    first.say("blockdev-add", **NULL, **{"node-name": "a"})
    first.socket.close()
    house.server.turn()

    second = house.connect()
    second.negotiate()
    [reply] = second.say("query-named-block-nodes")
    assert [node["node-name"] for node in reply["return"]] == ["a"]


def test_a_client_that_says_no_more_gets_its_answers_and_is_hung_up(house: House) -> None:
    caller = house.connect()
    caller.socket.sendall(b'{"execute": "qmp_capabilities"}{"execute": "query-name"}')
    caller.socket.shutdown(socket.SHUT_WR)
    for _ in range(3):
        house.server.turn()
    assert caller.heard()[1:] == [{"return": {}}, {"return": {}}]
    assert caller.socket.recv(1) == b""


def test_a_client_that_went_in_the_middle_of_a_command_leaves_nothing_behind(house: House) -> None:
    first = house.connect()
    first.negotiate()
    first.socket.sendall(b'{"execute": "blockdev-add", "argum')
    house.server.turn()
    first.socket.close()
    house.server.turn()

    second = house.connect()
    second.negotiate()
    assert second.say("query-name") == [{"return": {}}]


def test_a_client_that_does_not_read_stops_nothing_and_loses_nothing(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    count = 60
    caller.socket.sendall(b'{"execute": "query-commands"}\n' * count + b'{"execute": "stop"}')
    house.server.turn()
    assert not house.backend.world.running

    said = b""
    caller.socket.setblocking(False)
    while said.count(b"\n") < count + 2:
        try:
            said += caller.socket.recv(1 << 16)
        except BlockingIOError:
            house.server.turn()
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines[:count] == [lines[0]] * count
    assert lines[count]["event"] == "STOP"


def test_time_never_goes_back_when_a_request_waits_beyond_the_wall_clock(house: House) -> None:
    house.connect().negotiate()
    loop = house.backend.world.loop
    later_us = loop.now_us + 464
    loop.call_at(later_us, lambda: None)
    loop.call_at(loop.now_us, lambda: loop.wait_while(lambda: loop.now_us < later_us))

    house.server.turn()

    assert loop.now_us == later_us


def test_a_signal_waits_for_one_command_and_not_for_all_that_have_come(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    answer = house.backend.answer

    def answer_and_be_ended(command: str, arguments: Any) -> Any:
        house.ring()
        house.server.halt()
        return answer(command, arguments)

    house.backend.answer = answer_and_be_ended  # type: ignore[method-assign]
    caller.socket.sendall(b'{"execute": "query-name"}' * 3)
    house.server.run()
    house.server.close()
    reply, event = caller.heard()
    assert (reply, event["event"]) == ({"return": {}}, "SHUTDOWN")


def test_long_replies_are_sent_before_the_rest_of_a_packet_is_run() -> None:
    backend = SimBackend((7, 2), "qemu-system")
    theirs, ours = socket.socketpair()
    with theirs, ours:
        client = Client(ours, backend, 0)
        answer, sent_bytes = backend.answer, []

        def look_and_answer(command: str, arguments: Any) -> Any:
            if command == "query-name":
                sent_bytes.append(len(theirs.recv(1 << 20, socket.MSG_DONTWAIT)))
            return answer(command, arguments)

        backend.answer = look_and_answer  # type: ignore[method-assign]
        long = b'{"execute": "query-qmp-schema"}' * 2
        theirs.sendall(b'{"execute": "qmp_capabilities"}' + long + b'{"execute": "query-name"}')
        client.attend()
    assert sent_bytes[0] > 0


def test_time_in_the_model_is_the_time_that_has_passed(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    for name in ("a", "b"):
        caller.say("blockdev-add", **NULL, **{"node-name": name})
    caller.say("blockdev-backup", **{"job-id": "j", "device": "a", "target": "b", "sync": "full", "speed": 1 << 20})
    begun_us = house.backend.now_us()

    house.pass_time(50)
    [reply] = caller.say("query-jobs")
    assert house.backend.now_us() == begun_us + 50_000
    assert [job["status"] for job in reply["return"]] == ["running"]

    house.pass_time(20_000)
    house.server.turn()
    assert [event["data"].get("status") for event in caller.heard()][-1] == "null"


def test_a_model_that_cannot_keep_up_gives_its_client_a_turn_in_between(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    loop, beats = house.backend.world.loop, []

    def beat() -> None:
        beats.append(loop.now_us)
        house.now_ns += 5 * MILLISECOND_NS
        loop.call_at(loop.now_us + 1000, beat)

    beat()
    house.pass_time(1000)
    assert caller.say("query-name") == [{"return": {}}]
    assert len(beats) < 10


def test_what_is_ready_is_done_even_when_a_turn_is_cut_short(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    loop, done_us = house.backend.world.loop, []

    def begin() -> None:
        house.pass_time(1000)
        loop.schedule(lambda: loop.schedule(lambda: done_us.append(loop.now_us)))

    begun_us = loop.now_us + 1000
    loop.call_at(begun_us, begin)
    house.pass_time(10)
    house.server.turn()
    assert loop.next_time_us() is None
    assert done_us == [begun_us]


def test_events_are_sent_when_their_time_has_come_without_a_word_of_the_client(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    house.backend.world.loop.call_at(house.backend.now_us() + 20_000, lambda: house.backend.world.emit("STOP", {}))
    house.pass_time(20)
    house.server.turn()
    [event] = caller.heard()
    assert event["event"] == "STOP"


def test_a_bell_ends_it_and_qemu_system_says_so(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    house.ring()
    house.server.run()
    house.server.close()
    [event] = caller.heard()
    assert (event["event"], event["data"]) == ("SHUTDOWN", {"guest": False, "reason": "host-signal"})
    assert caller.socket.recv(1) == b""


@pytest.mark.parametrize("house", ["qsd"], indirect=True)
def test_a_bell_ends_the_storage_daemon_without_a_word(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    house.ring()
    house.server.run()
    house.server.close()
    assert caller.heard() == []


def test_quit_ends_it_after_its_reply(house: House) -> None:
    caller = house.connect()
    caller.negotiate()
    caller.socket.sendall(b'{"execute": "quit", "id": 1}')
    house.server.run()
    house.server.close()
    assert {"return": {}, "id": 1} in caller.heard()
    assert caller.socket.recv(1) == b""
