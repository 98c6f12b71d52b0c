"""Ctrl-C and SIGTERM end a run cleanly, and never leave a QEMU behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import IO

import pytest

from tests.cli.command import command, environment

LONG = """\
drive d0 64M
drive d1 64M
bitmap-add d1.b
write d1 0+1M
transaction cancel=all < backup d0 job=j0 speed=64K; bitmap-clear d1.b >
wait timeout=10m
"""
SIGNALS = [(signal.SIGINT, 130, "interrupted by Ctrl-C"), (signal.SIGTERM, 143, "ended by SIGTERM")]


def start(folder: Path, text: str, *words: str) -> subprocess.Popen[str]:
    path = folder / "a.txsh"
    path.write_text(text)
    return subprocess.Popen(
        command(*words, "run", str(path)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def read_to(stream: IO[str] | None, part: str) -> str:
    """Everything up to the first line that has `part` in it."""
    assert stream is not None
    text = ""
    for line in stream:
        text += line
        if part in line:
            return text
    raise AssertionError(f"no line has {part!r}: {text}")


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for path in found for word in path.read_text().split()]


@pytest.mark.parametrize(("number", "code", "reason"), SIGNALS)
def test_a_signal_ends_a_simulated_run_where_its_world_is_whole(
    tmp_path: Path, number: signal.Signals, code: int, reason: str
) -> None:
    text = LONG.replace("wait timeout=10m\n", "echo begun\n" + "read d0 0+1M\n" * 20_000)
    with start(tmp_path, text) as process:
        read_to(process.stdout, "begun")
        process.send_signal(number)
        rest, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in error
    assert rest.endswith(f"failed: {reason}\n")
    assert f"job j0 cancelled ({reason})" in rest


@pytest.mark.live
@pytest.mark.parametrize("backend", ["qemu", "qsd"])
@pytest.mark.parametrize(("number", "code", "reason"), SIGNALS)
def test_a_signal_aborts_the_groups_of_a_real_run_and_ends_qemu(
    tmp_path: Path, backend: str, number: signal.Signals, code: int, reason: str
) -> None:
    with start(tmp_path, LONG, "-b", backend) as process:
        read_to(process.stdout, "job j0 running")
        launched = children(process.pid)
        process.send_signal(number)
        rest, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert error == ""
    assert f"transaction cancel=all cancelled, nothing of it has happened: {reason}" in rest
    assert launched
    assert not [pid for pid in launched if Path(f"/proc/{pid}").exists()]


@pytest.mark.live
def test_a_run_that_is_interrupted_at_its_start_still_prints_its_object(tmp_path: Path) -> None:
    text = LONG.replace("wait", "echo begun\nwait")
    with start(tmp_path, text, "-b", "qsd", "--format", "json") as process:
        while not children(process.pid):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    trace = json.loads(output)
    assert trace["exit_code"] == process.returncode == 143
    assert trace["verdict"]["reason"] == "ended by SIGTERM"
    for extents in trace["extents"].values():
        assert extents in ([], [{"offset": 0, "length": 1 << 20}])


@pytest.mark.live
def test_the_second_signal_does_not_wait_and_still_ends_qemu(tmp_path: Path) -> None:
    with start(tmp_path, LONG, "-b", "qsd") as process:
        read_to(process.stdout, "job j0 running")
        (launched,) = children(process.pid)
        os.kill(launched, signal.SIGSTOP)  # it answers nothing any more
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=20)
    assert process.returncode in (130, 143)
    assert "Traceback" not in error
    assert not Path(f"/proc/{launched}").exists()
