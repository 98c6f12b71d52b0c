"""`txsh serve` as a process of its own, with the clients that people use."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from qemu.qmp import EventListener, ExecuteError, QMPClient

from tests.cli.command import CHECKOUT, command, environment, txsh

if TYPE_CHECKING:
    from collections.abc import Iterator

TIME_LIMIT_SECONDS = 60
QUIT = b'{"execute": "qmp_capabilities"} {"execute": "quit"}'
CRASH = {"driver": "null-co", "node-name": "a", "size": -1}


class Served:
    """A running `txsh serve`."""

    def __init__(self, process: subprocess.Popen[str], path: str) -> None:
        assert process.stdout is not None
        self.process = process
        self.path = path
        self.announced = process.stdout.readline()

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIME_LIMIT_SECONDS)
        connection.connect(self.path)
        return connection

    def talk(self, data: bytes) -> list[Any]:
        """All that is said to a client that sends this and no more."""
        with self.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return [json.loads(line) for line in connection.makefile("rb")]

    def end(self) -> tuple[int, str]:
        """Wait for the process; returns its exit code and what it said on standard error."""
        _, error = self.process.communicate(timeout=TIME_LIMIT_SECONDS)
        return self.process.returncode, error


@contextmanager
def serving(*words: str) -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="txsh-") as folder:
        path = f"{folder}/s"
        process = subprocess.Popen(
            command("serve", "--socket", path, *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=environment(),
        )
        with process:
            try:
                yield Served(process, path)
            finally:
                process.kill()


def requests(*commands: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(json.dumps({"execute": name, "arguments": given}).encode() for name, given in commands)


def test_it_says_what_it_serves_and_ends_with_quit() -> None:
    with serving("--profile", "10.0", "--program", "qsd") as served:
        assert served.announced == f"serving a simulated qsd 10.0 on {served.path}; Ctrl-C ends it\n"
        assert Path(served.path).is_socket()

        greeting, *replies = served.talk(QUIT)

        assert greeting["QMP"]["version"]["qemu"] == {"major": 10, "minor": 0, "micro": 2}
        assert replies == [{"return": {}}, {"return": {}}]
        assert served.end() == (0, "")
        assert not Path(served.path).exists()


def test_in_json_it_says_so_in_one_object() -> None:
    with serving("--format", "json", "--profile", "7.2") as served:
        assert json.loads(served.announced) == {"serving": served.path, "program": "qemu-system", "profile": "7.2"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with serving() as served, served.connect() as connection:
        lines = connection.makefile("rb")
        lines.readline()
        connection.sendall(b'{"execute": "qmp_capabilities"}')
        lines.readline()

        served.process.send_signal(number)

        assert json.loads(lines.read())["event"] == "SHUTDOWN"
        lines.close()
        assert served.end() == (128 + number, "")
        assert not Path(served.path).exists()


def test_a_crash_hangs_up_and_is_told_on_standard_error() -> None:
    with serving("--profile", "7.2") as served:
        said = served.talk(requests(("qmp_capabilities", {}), ("blockdev-add", CRASH), ("query-version", {})))
        assert said[1:] == [{"return": {}}]
        code, error = served.end()
        assert code == 3
        assert "crashes here" in error
        assert "blockdev-add" in error
        assert not Path(served.path).exists()


def test_a_hang_answers_nobody_any_more() -> None:
    nodes = [("blockdev-add", {"driver": "null-co", "node-name": name, "size": 1 << 20}) for name in "abcd"]
    actions = [
        {
            "type": "blockdev-backup",
            "data": {"job-id": f"job-{source}", "device": source, "target": target, "sync": "full"},
        }
        for source, target in ("ab", "cd", "xd")
    ]
    hang = ("transaction", {"actions": actions, "properties": {"completion-mode": "grouped"}})
    with serving("--profile", "11.1") as served, served.connect() as connection:
        connection.sendall(requests(("qmp_capabilities", {}), *nodes, hang, ("query-version", {})))
        assert served.process.stderr is not None
        told = served.process.stderr.readline()
        assert "never answers" in told
        assert served.process.poll() is None

        served.process.send_signal(signal.SIGTERM)

        assert served.end()[0] == 3
        lines = [json.loads(line) for line in connection.makefile("rb")]
        assert lines[-1].get("event") == "JOB_STATUS_CHANGE"


def test_a_served_place_is_refused() -> None:
    with serving() as served:
        second = txsh("serve", "--socket", served.path)
        assert second.returncode == 3
        assert second.stderr == f"txsh: cannot serve on {served.path}: somebody serves there already\n"
        assert "QMP" in served.talk(b"")[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no socket to serve on"),
        (("--socket", "s", "x"), "unexpected 'x'"),
        (("--socket", "localhost:4444"), "serves on Unix sockets only\n  ./localhost:4444 is the path of one"),
        (("--socket", "s", "-b", "qsd"), "serve is about the simulator alone"),
        (("--socket", "s", "--program", "qemu"), "no program is called 'qemu'"),
        (("--socket", "s", "--profile", "6.0"), "the simulator has no profile of QEMU '6.0'"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(words: tuple[str, ...], message: str) -> None:
    done = txsh("serve", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (CHECKOUT / "s").exists()


def test_the_arguments_of_a_qemu_may_follow() -> None:
    with serving("--program", "qsd", "--", "--blockdev", "driver=null-co,node-name=a,size=1048576") as served:
        said = served.talk(requests(("qmp_capabilities", {}), ("query-named-block-nodes", {})))
        assert [node["node-name"] for node in said[-1]["return"]] == ["a"]


def test_files_may_be_made_in_the_folders_of_this_machine() -> None:
    with serving("--program", "qsd") as served:
        folder = os.path.dirname(served.path)  # noqa: PTH120
        files = {"there": f"{folder}/a", "not": f"{folder}/no/a"}
        made = [
            ("blockdev-create", {"job-id": name, "options": {"driver": "file", "filename": file, "size": 0}})
            for name, file in files.items()
        ]
        said = served.talk(requests(("qmp_capabilities", {}), *made, ("query-jobs", {})))
        errors = {job["id"]: job.get("error") for job in said[-1]["return"]}
        assert errors == {"there": None, "not": f"Could not create '{folder}/no/a': No such file or directory"}
        assert not Path(files["there"]).exists()


def test_qemu_qmp_works_on_it() -> None:
    async def use(path: str) -> None:
        client = QMPClient("test")
        events = EventListener()
        client.register_listener(events)
        await client.connect(path)
        for name in ("a", "b"):
            await client.execute("blockdev-add", {"driver": "null-co", "node-name": name, "size": 1 << 20})
        await client.execute("block-dirty-bitmap-add", {"node": "a", "name": "b0"})
        with pytest.raises(ExecuteError, match="Bitmap already exists: b0"):
            await client.execute("block-dirty-bitmap-add", {"node": "a", "name": "b0"})
        backup = {"job-id": "j", "device": "a", "target": "b", "sync": "full"}
        await client.execute("transaction", {"actions": [{"type": "blockdev-backup", "data": backup}]})
        async for event in events:
            if event["data"] == {"id": "j", "status": "null"}:
                break
        await client.disconnect()

    with serving() as served:
        asyncio.run(asyncio.wait_for(use(served.path), TIME_LIMIT_SECONDS))
        # The next client finds what the first one has left.
        said = served.talk(requests(("qmp_capabilities", {}), ("query-named-block-nodes", {})))
        assert {node["node-name"] for node in said[-1]["return"]} == {"a", "b"}


def test_qmp_shell_works_on_it() -> None:
    lines = (
        "blockdev-add driver=null-co node-name=a size=1048576",
        "transaction(",
        "block-dirty-bitmap-add node=a name=b0",
        "block-dirty-bitmap-add node=a name=b1",
        ")",
        "query-named-block-nodes",
        "no-such-command",
        "quit",
    )
    with serving() as served:
        shell = subprocess.run(
            [sys.executable, "-c", "from qemu.qmp.qmp_shell import main; main()", served.path],
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_SECONDS,
            env=environment(HOME=os.path.dirname(served.path)),  # noqa: PTH120  # it writes a history
            check=False,
        )
        assert '"name": "b1"' in shell.stdout, shell
        assert "The command no-such-command has not been found" in shell.stdout
        assert served.end() == (0, "")


def test_json_may_be_typed_by_hand() -> None:
    typed = b"{ 'execute': 'qmp_capabilities' }\n\n{'execute':\n 'query-name', 'id': 'mine'\n}\n{ oops }\n"
    with serving("--profile", "11.1") as served:
        _, first, second, third, *rest = served.talk(typed + b"{'execute': 'quit'}\n")
        assert first == {"return": {}}
        assert second == {"return": {}, "id": "mine"}
        assert third["error"]["desc"] == "6:3: JSON parse error, expecting key"
        assert {"return": {}} in rest
        assert served.end() == (0, "")
