"""Ctrl-C and SIGTERM end a run cleanly, and never leave a QEMU behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
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


def test_a_signal_ends_a_long_wait_of_the_simulator(tmp_path: Path) -> None:
    text = (
        "drive d 64G\ntarget t 64G\nwrite d 0+64G\nbackup d to=t job=j speed=64K\necho begun\nwait timeout=9999999s\n"
    )
    with start(tmp_path, text) as process:
        read_to(process.stdout, "begun")
        process.send_signal(signal.SIGTERM)
        rest, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (143, "")
    assert "job j cancelled (ended by SIGTERM)" in rest


def test_a_signal_while_standard_input_is_read_is_told_in_json_too() -> None:
    with subprocess.Popen(
        command("--format", "json", "run", "-", "unreached.txsh"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        while not catches(process.pid, signal.SIGTERM):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        output, error = process.communicate(timeout=60)
    trace = json.loads(output)
    assert (process.returncode, trace["exit_code"], trace["script"]) == (143, 143, "<stdin>")
    assert trace["verdict"]["reason"] == "ended by SIGTERM"
    assert error == ("txsh: ended by SIGTERM\ntxsh: ended by SIGTERM, so what follows <stdin> was not run\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_signal_while_nobody_reads_does_not_cut_the_output_off(tmp_path: Path, unbuffered: str) -> None:
    path = tmp_path / "a.txsh"
    path.write_text("drive d 1M\nbitmap-add d.b\nwrite d 0+1M\n")
    reading, writing = os.pipe()
    pipe_bytes = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(
        command("--format", "json", "run", str(path)),
        stdout=writing,
        env=environment(PYTHONUNBUFFERED=unbuffered),
    ) as process:
        os.close(writing)
        while waiting_bytes(reading) < pipe_bytes:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        with open(reading, "rb") as stream:  # noqa: PTH123  # a descriptor
            output = stream.read()
    assert json.loads(output)["verdict"]["word"] == "passed"


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def waiting_bytes(descriptor: int) -> int:
    """How much a pipe holds."""
    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)


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
