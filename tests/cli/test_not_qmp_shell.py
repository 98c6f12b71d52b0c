"""The ways in which qmp-shell loses or mangles a transaction; each is shown not to exist here.

Source: python/qemu/qmp/qmp_shell.py of QEMU 7.2.
"""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import CHECKOUT, command, environment, txsh

WORLD = "drive d 1M\nbitmap-add d.a\nbitmap-add d.b\nwrite d 0+64K\n"
ODD_NAMES = ["0123", "true", "null", "-1", "1e3", "a b", "it's", 'a"b', "[x]", "{x}", "64K", "ü\u2028", "a=b", "#a"]


def trace_of(text: str) -> dict[str, Any]:
    """The trace of a script that passes."""
    done = txsh("--format", "json", "run", "-", text=text)
    assert done.returncode == 0, done.stderr
    trace: dict[str, Any] = json.loads(done.stdout)
    return trace


def sent(trace: dict[str, Any], name: str) -> list[Any]:
    """The arguments of every command of that name that was no look."""
    return [each["arguments"] for each in trace["exchanges"] if each["command"] == name and not each["look"]]


@pytest.mark.parametrize("wrong", ["bitmap-claer d.b", "block-dirty-bitmap-claer node=d name=b", "bitmap-clear d.b x"])
def test_a_mistyped_action_is_not_dropped_while_the_rest_commits(wrong: str) -> None:
    done = txsh("run", "-", text=f"{WORLD}transaction <\n    bitmap-clear d.a\n    {wrong}\n>\n")

    assert done.returncode == 2
    assert done.stdout == ""
    assert "--> <stdin>:7:" in done.stderr


@pytest.mark.parametrize("end", ["", "\n", "\n    bitmap-clear d.b", "\n    bitmap-clear d.b\n"])
def test_the_end_of_the_input_discards_no_block(end: str) -> None:
    done = txsh("run", "-", text=f"{WORLD}transaction <\n    bitmap-clear d.a{end}")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error[unclosed-block]: ")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bitmap-clear d.nope", 1),
        ("transaction < bitmap-clear d.a; bitmap-clear d.nope >", 1),
        ("qmp block-dirty-bitmap-clear node=d name=nope", 1),
        ("fault d read; backup d; wait", 1),
        ("qmp block-dirty-bitmap-clear node=d", 2),
        ("qmp query-nope", 2),
        ("bitmap-clear nope.a", 2),
    ],
)
def test_an_error_is_an_exit_code(text: str, code: int) -> None:
    done = txsh("run", "-", text=f"{WORLD}{text}\n")

    assert done.returncode == code
    assert "error[" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "transaction completion-mode=grouped < backup d job=j >",
        "qmp transaction properties.completion-mode=grouped actions=[]",
        'qmp {"execute": "transaction", "arguments": {"properties": {"completion-mode": "grouped"}, "actions": []}}',
    ],
)
def test_a_transaction_has_its_completion_mode(text: str) -> None:
    (arguments,) = sent(trace_of(f"{WORLD}{text}\n"), "transaction")

    assert arguments["properties"] == {"completion-mode": "grouped"}


def test_a_second_transaction_does_not_throw_the_first_away() -> None:
    done = txsh(
        "run", "-", text=f"{WORLD}transaction <\n    bitmap-clear d.a\ntransaction <\n    bitmap-clear d.b\n>\n"
    )
    assert done.returncode == 2
    assert done.stdout == ""

    trace = trace_of(f"{WORLD}transaction < bitmap-clear d.a >\ntransaction < bitmap-clear d.b >\n")
    assert [each["actions"][0]["data"]["name"] for each in sent(trace, "transaction")] == ["a", "b"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_string_is_sent_as_it_was_written(name: str) -> None:
    quoted = json.dumps(name)
    trace = trace_of(
        f"{WORLD}bitmap-add d.{quoted}\nqmp block-dirty-bitmap-clear node=d name={quoted}\n"
        f'qmp {{"execute": "block-dirty-bitmap-disable", "arguments": {{"node": "d", "name": {quoted}}}}}\n'
        f"transaction < block-dirty-bitmap-remove node=d name={quoted} >\n"
    )

    assert sent(trace, "block-dirty-bitmap-add")[-1]["name"] == name
    assert [each["name"] for each in sent(trace, "block-dirty-bitmap-clear")] == [name]
    assert [each["name"] for each in sent(trace, "block-dirty-bitmap-disable")] == [name]
    assert sent(trace, "transaction")[0]["actions"][0]["data"]["name"] == name


@pytest.mark.parametrize("name", ["0123", "true", "-1", "1e3", "64K"])
def test_a_bare_word_is_the_string_that_it_looks_like(name: str) -> None:
    trace = trace_of(
        f"drive d 1M\nqmp block-dirty-bitmap-add node=d name={name} granularity=64K persistent=true\n"
        f"block-dirty-bitmap-clear node=d name={name}\n"
    )

    assert sent(trace, "block-dirty-bitmap-add") == [
        {"node": "d", "name": name, "granularity": 65536, "persistent": True}
    ]
    assert sent(trace, "block-dirty-bitmap-clear") == [{"node": "d", "name": name}]


def test_a_log_in_a_file_never_crashes(tmp_path: Path) -> None:
    names = "".join(f"bitmap-add d.{json.dumps(name)}\n" for name in ODD_NAMES)
    path = tmp_path / "trace.json"

    for variables in ({}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "LANG": "C"}):
        with path.open("wb") as file:
            done = subprocess.run(
                command("--format", "json", "run", "-"),
                input=f"drive d 1M\n{names}".encode(),
                stdout=file,
                stderr=subprocess.PIPE,
                cwd=CHECKOUT,
                env=environment(**variables),
                timeout=60,
                check=False,
            )
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(json.loads(path.read_bytes())["bitmaps"]) == len(ODD_NAMES)


@pytest.mark.parametrize("text", [b"echo \xff\n", b'echo "\\ud800"\n', b'qmp query-jobs a="\\udfff"\n', b"\x00"])
def test_a_text_that_is_none_is_told_in_the_log(text: bytes) -> None:
    done = txsh("--format", "json", "run", "-", text=text)

    assert done.returncode == 2
    assert json.loads(done.stdout)["diagnostics"]
    assert "Traceback" not in done.stderr


def test_a_log_on_a_full_device_is_an_error_and_no_traceback() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("--format", "json", "run", "-"),
            input=b"drive d 1M\n",
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=CHECKOUT,
            env=environment(),
            timeout=60,
            check=False,
        )

    assert done.returncode != 0
    assert done.stderr == b"txsh: cannot write standard output: No space left on device\n"


def test_an_occupied_monitor_is_told_within_two_seconds() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX) as monitor,
        ThreadPoolExecutor() as pool,
    ):
        path = f"{folder}/qmp"
        monitor.bind(path)
        # As QEMU does while a client is connected: the next one waits for its greeting.
        monitor.listen()
        monitor.settimeout(60)
        patience = pool.submit(_seconds_until_it_hangs_up, monitor)

        done = txsh("-b", f"qmp:{path}", "run", "-", text="show\n")

        assert patience.result() < 2
    assert done.returncode == 3
    assert "another client has it" in done.stderr


def _seconds_until_it_hangs_up(monitor: socket.socket) -> float:
    connection, _ = monitor.accept()
    with connection:
        connection.settimeout(60)
        begun = time.monotonic()
        assert connection.recv(1) == b""
        return time.monotonic() - begun
