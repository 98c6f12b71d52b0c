"""A peer whose replies and events are not as QEMU's are is given up, and it is told where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.backends.live.test_connection import Peer, play
from txsh.backends.base import BackendLost, run_now
from txsh.backends.live.backend import LiveBackend
from txsh.backends.live.shape import misfit_of_event, misfit_of_reply
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.profile import PROFILES

if TYPE_CHECKING:
    import socket

    from txsh.backends.live.connection import Connection
    from txsh.backends.live.host import LiveHost

NODE = {"node-name": "a", "drv": "raw", "ro": False, "image": {"virtual-size": 1}}


class _Host:
    """Needs nothing."""

    def attach(self, backend: LiveBackend) -> None:
        """Nothing to keep."""

    async def make_way(self, command: str, arguments: dict[str, Any]) -> None:
        """Nothing is in the way."""


@pytest.mark.parametrize("version", PROFILES)
def test_what_a_qemu_says_fits(version: tuple[int, int]) -> None:
    backend = SimBackend(version)
    for node in ("a", "b"):
        run_now(backend.execute("blockdev-add", {"driver": "null-co", "node-name": node, "size": 1 << 20}))
    run_now(backend.execute("block-dirty-bitmap-add", {"node": "a", "name": "x"}))
    backup = {"job-id": "j", "device": "a", "target": "b", "sync": "full", "auto-dismiss": False}
    run_now(backend.execute("blockdev-backup", backup))
    for command, arguments in (
        ("query-block", {}),
        ("query-block-exports", {}),
        ("query-commands", {}),
        ("query-jobs", {}),
        ("query-named-block-nodes", {"flat": True}),
        ("query-qmp-schema", {}),
        ("x-debug-block-dirty-bitmap-sha256", {"node": "a", "name": "x"}),
        ("x-debug-query-block-graph", {}),
    ):
        assert misfit_of_reply(command, run_now(backend.execute(command, arguments))) is None, command
    names = set()
    while event := run_now(backend.next_event(None)):
        names.add(event.name)
        assert misfit_of_event(event.name, event.data) is None
    assert "BLOCK_JOB_COMPLETED" in names


@pytest.mark.parametrize(
    ("command", "reply", "where"),
    [
        ("query-jobs", "surprise", "it is no list"),
        ("query-jobs", [7], "[0] is no object"),
        ("query-named-block-nodes", [NODE, {**NODE, "image": {}}], "[1].image.virtual-size is missing"),
        ("query-named-block-nodes", [{**NODE, "ro": 0}], "[0].ro is no boolean"),
        (
            "query-named-block-nodes",
            [{**NODE, "image": {"virtual-size": True}}],
            "[0].image.virtual-size is no integer",
        ),
        ("human-monitor-command", {}, "it is no text"),
        ("x-debug-query-block-graph", {"nodes": []}, "edges is missing"),
    ],
)
def test_it_is_told_where_a_reply_does_not_fit(command: str, reply: Any, where: str) -> None:
    assert misfit_of_reply(command, reply) == where


def test_what_txsh_does_not_read_may_be_anything() -> None:
    assert misfit_of_reply("query-status", "surprise") is None
    assert misfit_of_reply("query-jobs", []) is None
    assert misfit_of_event("STOP", {"more": 1}) is None


def test_a_peer_that_replies_as_no_qemu_does_is_given_up() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        command = await peer.receive()
        peer.send({"return": [{"id": 5}], "id": command["id"]})

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        backend = LiveBackend("qmp:x", "qsd", connection, cast("LiveHost", _Host()))
        with pytest.raises(BackendLost, match=r"in the reply to query-jobs, \[0\].id is no text"):
            await backend.execute("query-jobs", {})
        with pytest.raises(BackendLost):
            await backend.execute("query-name", {})

    play(serve, scenario)


def test_a_peer_that_tells_of_what_no_qemu_does_is_given_up() -> None:
    async def serve(peer: Peer) -> None:
        await peer.negotiate()
        peer.send({"event": "JOB_STATUS_CHANGE", "timestamp": {}, "data": {"status": "running"}})

    async def scenario(connection: Connection, end: socket.socket) -> None:
        await connection.open(end)
        backend = LiveBackend("qmp:x", "qsd", connection, cast("LiveHost", _Host()))
        with pytest.raises(BackendLost, match=r"in the event JOB_STATUS_CHANGE, data.id is missing"):
            await backend.next_event(None)

    play(serve, scenario)
