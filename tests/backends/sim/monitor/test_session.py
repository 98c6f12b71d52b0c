"""One client at the monitor of the model. Replies and their order were taken down from real QEMUs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.base import BackendHung, BackendLost
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.monitor.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = ((7, 2), (10, 0), (11, 1))
NULL = {"driver": "null-co", "size": 1 << 20}


class Talk:
    """A client that has been greeted."""

    def __init__(self, version: tuple[int, int] = (7, 2), program: str = "qsd", *, negotiated: bool = True) -> None:
        self.said: list[str] = []
        self.backend = SimBackend(version, program)
        self.session = self.connect()
        if negotiated:
            self.send("qmp_capabilities")
            self.said.clear()

    def connect(self) -> Session:
        return Session(self.backend, self.said.append, 1_700_000_000_000_000)

    def send(self, command: str, **arguments: Any) -> None:
        self.feed(json.dumps({"execute": command, "arguments": arguments}).encode())

    def feed(self, data: bytes) -> None:
        self.session.feed(data)

    def messages(self) -> Iterator[Any]:
        said, self.said[:] = list(self.said), []
        yield from (json.loads(line) for line in said)

    def errors(self) -> list[tuple[str, str]]:
        return [(message["error"]["class"], message["error"]["desc"]) for message in self.messages()]

    def story(self) -> list[str]:
        """Events by name and status, replies by their kind."""
        return [
            f"{each['event']} {each.get('data', {}).get('status', '')}".strip()
            if "event" in each
            else next(key for key in each if key != "id")
            for each in self.messages()
        ]

    def pass_time(self) -> None:
        loop = self.backend.world.loop
        loop.run_ready()
        while loop.advance():
            loop.run_ready()
        self.session.tell_events()


@pytest.mark.parametrize("program", ["qsd", "qemu-system"])
@pytest.mark.parametrize(
    ("version", "greeting"),
    [
        ((7, 2), '{"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2+dfsg-7+deb12u18+b3"'),
        ((10, 0), '{"micro": 2, "minor": 0, "major": 10}, "package": "Debian 1:10.0.2+ds-2+deb13u1~bpo12+1"'),
        ((11, 1), '{"micro": 3, "minor": 1, "major": 11}, "package": "Debian 1:11.1.3+ds-1"'),
    ],
)
def test_the_greeting_is_that_of_the_recorded_qemu(version: tuple[int, int], greeting: str, program: str) -> None:
    said = Talk(version, program, negotiated=False).said
    assert said == [f'{{"QMP": {{"version": {{"qemu": {greeting}}}, "capabilities": ["oob"]}}}}\r\n']


def test_before_the_negotiation_there_is_no_other_command() -> None:
    talk = Talk(negotiated=False)
    talk.said.clear()
    for request in (b'{"execute": "query-version"}', b'{"execute": "no-such", "id": 1}', b"{}", b'{"execute": 1}'):
        talk.feed(request)

    expected = ("CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'")
    wrong = [
        ("GenericError", "QMP input lacks member 'execute'"),
        ("GenericError", "QMP input member 'execute' must be a string"),
    ]
    assert talk.errors() == [expected, expected, *wrong]


@pytest.mark.parametrize(
    ("enable", "description"),
    [
        (["foo"], "Parameter 'null' does not accept value 'foo'"),
        ("oob", "Invalid parameter type for 'enable', expected: array"),
        ([1], "Invalid parameter type for 'enable[0]', expected: string"),
        (None, "Invalid parameter type for 'enable', expected: array"),
    ],
)
def test_a_refused_negotiation_has_not_happened(enable: Any, description: str) -> None:
    talk = Talk(negotiated=False)
    talk.said.clear()

    talk.send("qmp_capabilities", enable=enable)
    talk.send("query-version")

    first, second = talk.errors()
    assert first == ("GenericError", description)
    assert second[0] == "CommandNotFound"


def test_a_second_negotiation_is_an_error() -> None:
    talk = Talk()
    talk.send("qmp_capabilities")
    assert talk.errors() == [
        ("CommandNotFound", "Capabilities negotiation is already complete, command ignored"),
    ]


@pytest.mark.parametrize(
    ("request_", "description"),
    [
        (b"[]", "QMP input must be a JSON object"),
        (b"{}", "QMP input lacks member 'execute'"),
        (b'{"execute": null}', "QMP input member 'execute' must be a string"),
        (b'{"execute": "x", "arguments": null}', "QMP input member 'arguments' must be an object"),
        (b'{"execute": "x", "arguments": []}', "QMP input member 'arguments' must be an object"),
        (b'{"execute": "x", "foo": 1}', "QMP input member 'foo' is unexpected"),
        (b'{"exec-oob": "x"}', "QMP input member 'exec-oob' is unexpected"),
        (b'{"execute": "a", "exec-oob": "x"}', "QMP input member 'exec-oob' is unexpected"),
    ],
)
def test_an_odd_envelope_is_refused_before_its_command_is_looked_at(request_: bytes, description: str) -> None:
    talk = Talk()
    talk.feed(request_)
    assert talk.errors() == [("GenericError", description)]


def test_out_of_band_has_to_be_enabled_and_suits_few_commands() -> None:
    talk = Talk(negotiated=False)
    talk.said.clear()
    talk.send("qmp_capabilities", enable=["oob"])
    next(talk.messages())
    for request in (
        b'{"exec-oob": "query-version"}',
        b'{"exec-oob": "no-such"}',
        b'{"exec-oob": "a", "execute": "b"}',
        b'{"exec-oob": 1}',
    ):
        talk.feed(request)
    assert talk.errors() == [
        ("GenericError", "The command query-version does not support OOB"),
        ("CommandNotFound", "The command no-such has not been found"),
        ("GenericError", "QMP input member 'execute' clashes with 'exec-oob'"),
        ("GenericError", "QMP input member 'exec-oob' must be a string"),
    ]


@pytest.mark.parametrize("id_", ["x", 0, None, [], {"b": [1.5], "a": None}, False])
def test_any_id_comes_back_with_whatever_is_answered(id_: Any) -> None:
    talk = Talk()
    for request in ({"execute": "query-jobs"}, {"execute": "no-such"}, {"foo": 1}):
        talk.feed(json.dumps(request | {"id": id_}).encode())
    for message in talk.messages():
        assert message["id"] == id_
        assert type(message["id"]) is type(id_)


def test_text_that_is_no_json_has_no_id() -> None:
    talk = Talk()
    talk.feed(b'{"id": 1, "execute": }')
    assert list(talk.messages()) == [
        {"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}},
    ]


def test_what_is_not_modelled_says_its_name() -> None:
    talk = Talk(program="qemu-system")
    talk.send("query-tpm")
    assert talk.errors() == [("GenericError", "not simulated: command query-tpm")]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_reply_stands_where_qemu_sends_it_among_the_events(version: tuple[int, int]) -> None:
    talk = Talk(version)
    for name in ("a", "b"):
        talk.send("blockdev-add", **NULL, **{"node-name": name})
    talk.story()

    talk.send("blockdev-backup", **{"job-id": "j", "device": "a", "target": "b", "sync": "none"})
    assert talk.story() == [
        "JOB_STATUS_CHANGE created",
        "JOB_STATUS_CHANGE running",
        "JOB_STATUS_CHANGE paused",
        "JOB_STATUS_CHANGE running",
        "return",
    ]
    talk.send("job-cancel", id="j")
    assert talk.story() == [
        "JOB_STATUS_CHANGE aborting",
        "BLOCK_JOB_CANCELLED",
        "JOB_STATUS_CHANGE concluded",
        "JOB_STATUS_CHANGE null",
        "return",
    ]


def test_events_tell_the_wall_clock() -> None:
    talk = Talk(program="qemu-system")
    talk.backend.world.loop.now_us = 1_234_567
    talk.send("stop")
    stamp = '{"seconds": 1700000001, "microseconds": 234567}'
    assert talk.said[0] == f'{{"timestamp": {stamp}, "event": "STOP"}}\r\n'


def test_an_event_is_written_byte_for_byte_as_qemu_writes_it() -> None:
    talk = Talk()
    talk.backend.world.emit("JOB_STATUS_CHANGE", {"status": "created", "id": "j\u00e9"})
    talk.session.tell_events()
    stamp = '{"seconds": 1700000000, "microseconds": 0}'
    data = '{"status": "created", "id": "j\\u00E9"}'
    assert talk.said == [f'{{"timestamp": {stamp}, "event": "JOB_STATUS_CHANGE", "data": {data}}}\r\n']


def test_what_happens_before_the_negotiation_is_never_told() -> None:
    talk = Talk(program="qemu-system", negotiated=False)
    talk.said.clear()
    talk.backend.world.emit("STOP", {})
    talk.session.tell_events()
    talk.send("qmp_capabilities")
    assert talk.story() == ["return"]


def test_the_next_client_negotiates_anew_and_finds_what_the_last_one_left() -> None:
    talk = Talk()
    talk.send("blockdev-add", **NULL, **{"node-name": "a"})
    talk.feed(b'{"unfinished": ')
    talk.said.clear()

    talk.session = talk.connect()
    talk.send("query-jobs")
    talk.send("qmp_capabilities")
    talk.send("query-named-block-nodes")

    greeting, refusal, _, nodes = talk.messages()
    assert "QMP" in greeting
    assert refusal["error"]["class"] == "CommandNotFound"
    assert [node["node-name"] for node in nodes["return"]] == ["a"]


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_behind_quit_is_read(version: tuple[int, int]) -> None:
    talk = Talk(version, "qemu-system")
    talk.feed(b'{"execute": "quit", "id": 1}{"execute": "query-version", "id": 2}\n{"execute": "stop"}')
    assert "return" in talk.story()
    assert talk.session.over
    assert not talk.said


def test_a_crash_of_the_model_is_no_reply() -> None:
    talk = Talk()
    with pytest.raises(BackendLost) as lost:
        talk.send("blockdev-add", **NULL | {"size": -1, "node-name": "a"})
    assert not isinstance(lost.value, BackendHung)
    assert lost.value.unknown == "blockdev-add"
    assert not talk.said


def test_a_hang_of_the_model_comes_after_what_it_had_said() -> None:
    talk = Talk()
    for name in ("a", "b", "c", "d"):
        talk.send("blockdev-add", **NULL, **{"node-name": name})
    talk.story()
    backup = {"sync": "full"}
    actions = [
        {"type": "blockdev-backup", "data": backup | {"job-id": job, "device": source, "target": target}}
        for job, source, target in (("j", "a", "b"), ("k", "c", "d"), ("l", "no-such", "d"))
    ]
    with pytest.raises(BackendHung):
        talk.send("transaction", actions=actions, properties={"completion-mode": "grouped"})
    assert talk.story()[:2] == ["JOB_STATUS_CHANGE created", "JOB_STATUS_CHANGE created"]
