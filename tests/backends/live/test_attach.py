"""Attaching to what is no free QMP monitor: each reason has its name, and what to do."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from txsh.backends.base import HostUnable
from txsh.backends.live import address as address_module
from txsh.backends.live.address import Address
from txsh.backends.live.attach import attach

if TYPE_CHECKING:
    from collections.abc import Iterator

GREETING = (
    b'{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}\r\n'
)
TURN_ADVICE = "a monitor serves one client at a time: end that one, or give QEMU a second"


@pytest.fixture
def path() -> Iterator[str]:
    """A path for a socket, short enough for one."""
    folder = tempfile.mkdtemp(prefix="a-", dir="/tmp")
    yield f"{folder}/s"
    shutil.rmtree(folder)


def failure(address: Address) -> tuple[str, str, str | None]:
    """Why it cannot be attached to: name, description, advice."""
    return asyncio.run(_failure(address))


async def _failure(address: Address) -> tuple[str, str, str | None]:
    with pytest.raises(HostUnable) as caught:
        await attach(address, "qmp:x")
    return caught.value.name, caught.value.description, caught.value.advice


def failure_at(path: str, *says: bytes, hangs_up: bool = False) -> tuple[str, str, str | None]:
    """The same, with a server that says something, then one more thing after each thing that it hears."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for index, word in enumerate(says):
            if index:
                await reader.read(1000)
            writer.write(word)
        if hangs_up:
            writer.close()
            return
        await reader.read()
        writer.close()

    async def run() -> tuple[str, str, str | None]:
        server = await asyncio.start_unix_server(serve, path)
        async with server:
            return await _failure(Address(path))

    return asyncio.run(run())


def test_there_is_no_socket() -> None:
    assert failure(Address("/nowhere/qmp")) == (
        "no-socket",
        "there is no socket /nowhere/qmp",
        "QEMU makes one with -qmp unix:PATH,server=on,wait=off",
    )


def test_it_is_no_socket(path: str) -> None:
    Path(path).write_text("")
    assert failure(Address(path)) == ("not-a-socket", f"{path} is no socket", "QEMU's -qmp names it")


def test_the_qemu_that_made_the_socket_is_gone(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    advice = "the QEMU that made it is gone, or does not serve QMP there"
    assert failure(Address(path)) == ("connection-refused", f"nobody listens at {path}", advice)


def test_nobody_listens_at_a_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        name, description, _ = failure(Address("", "127.0.0.1", port))
    assert (name, description) == ("connection-refused", f"nobody listens at 127.0.0.1:{port}")


def test_a_host_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    told = failure(Address("", "nohost", 4444))
    assert told == ("unknown-host", "no host is called 'nohost': Name or service not known", None)


def test_a_socket_of_another_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(address_module, "_connect_unix", refuse)
    assert failure(Address("/run/qmp")) == (
        "no-access",
        "this user may not connect to /run/qmp: Permission denied",
        "run txsh as the user that QEMU runs as",
    )


def test_an_occupied_monitor_is_said_within_two_seconds(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        begun = time.monotonic()
        told = failure(Address(path))
        assert time.monotonic() - begun < 2
    assert told == (
        "occupied-monitor",
        f"{path} takes the connection and does not greet: another client has it, or it is no QMP monitor",
        f"{TURN_ADVICE}: -qmp unix:{path}2,server=on,wait=off",
    )


def test_a_monitor_for_which_others_wait_already_is_said_at_once(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as server, contextlib.ExitStack() as waiting:
        server.bind(path)
        server.listen(0)
        waiting.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        assert failure(Address(path))[0] == "occupied-monitor"


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ([b"QEMU 7.2.22 monitor - type 'help' for more\r\n"], "it says \"QEMU 7.2.22 monitor - type 'help' for more\""),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "it says 'SSH-2.0-OpenSSH_9.2'"),
        ([b'{\n    "QMP": {\n'], "it prints messages in many lines (pretty=on)"),
        ([], "it hangs up"),
        ([GREETING, b""], "it hangs up"),
        ([GREETING, b'{"return": {}}\r\n', b'{"error": {"class": "a", "desc": "what?"}, "id": "1"}\r\n'], "what?"),
    ],
)
def test_what_is_no_qmp_monitor_is_quoted(path: str, says: list[bytes], reason: str) -> None:
    name, description, _ = failure_at(path, *says, hangs_up=len(says) < 3)
    assert name == "not-qmp"
    assert description in (f"{path} is no QMP monitor: {reason}", f"{path} is no QEMU's monitor: {reason}")


def test_a_qemu_that_greets_and_hangs_is_told(path: str) -> None:
    assert failure_at(path, GREETING) == (
        "no-answer",
        f"{path}: QEMU greeted, and then did not answer within 1.2 s",
        "it hangs, or is stopped",
    )
