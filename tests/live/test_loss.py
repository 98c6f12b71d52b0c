"""A QEMU that is killed, quits, hangs or does not start: exit 3, a clear word, and nothing stays."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.run import Run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live

BACKENDS = pytest.mark.parametrize("backend", ["qsd", "qemu"])
WORLD = """\
drive d 1M
drive e 1M
target t 1M
target u 1M
bitmap-add d.b
bitmap-add e.b
write d 0+1M
drive slow 64M
target v 64M
backup slow to=v job=slow speed=64K
"""
WAITING = "echo begun\nwait slow timeout=10m\n"
BY_TXSH = "transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j hold=64K >\n"
BY_QEMU = "transaction cancel=all < backup e to=u job=k; backup d to=t job=j hold=64K >\n"


def program(folder: Path, name: str, text: str) -> str:
    """Put a program on a PATH; returns that PATH."""
    path = folder / name
    path.write_text(text)
    path.chmod(0o700)
    return f"{folder}:{os.environ['PATH']}"


@BACKENDS
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_qemu_that_dies_in_a_wait_is_told_with_its_signal(backend: str, number: signal.Signals) -> None:
    with Run(WORLD + BY_TXSH + WAITING, "-b", backend) as run:
        run.read_to("begun\n")
        run.signal_children(number)
        code, output, error = run.end()
        left = run.left()

    assert (code, error, left) == (3, "", [])
    loss = next(line for line in output.splitlines() if line.startswith("lost: "))
    assert loss.endswith(f"was killed by {number.name}")
    assert f"transaction cancel=all cancelled, nothing of it has happened: {loss.removeprefix('lost: ')}\n" in output


@BACKENDS
def test_a_group_that_qemu_kept_together_is_unknown_after_its_death(backend: str) -> None:
    with Run(WORLD + BY_QEMU + WAITING, "-b", backend) as run:
        run.read_to("begun\n")
        run.signal_children(signal.SIGKILL)
        code, output, error = run.end()
        left = run.left()

    assert (code, error, left) == (3, "", [])
    assert "transaction cancel=all unknown: its jobs were not seen to end: " in output


@BACKENDS
def test_a_qemu_that_dies_between_guest_requests_leaves_one_unknown_at_most(backend: str) -> None:
    with Run("drive d 1M\nwrite d 0+64K\necho begun\n" + "write d 0+64K\n" * 3000, "-b", backend) as run:
        run.read_to("begun\n")
        run.signal_children(signal.SIGKILL)
        code, output, error = run.end()
        left = run.left()

    assert (code, error, left) == (3, "", [])
    *_, last = output.rstrip().splitlines()
    assert last.startswith("lost: ") or last.strip() == "unknown whether it was done: write d"


def test_the_trace_of_a_lost_run_is_one_whole_object() -> None:
    with Run(WORLD + BY_TXSH + WAITING, "-b", "qsd", "--format", "json") as run:
        while len(run.children()) < 1:
            assert run.process.poll() is None
        run.signal_children(signal.SIGKILL)
        code, output, _ = run.end()
        left = run.left()

    trace: dict[str, Any] = json.loads(output)
    assert (code, trace["exit_code"], left) == (3, 3, [])
    assert trace["verdict"]["word"] == "lost"
    assert "was killed by SIGKILL" in trace["verdict"]["reason"]
    assert trace["bitmaps"] is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("#!/bin/sh\nexit 1\n", "QEMU did not start: qemu-storage-daemon exited with code 1"),
        ("#!/bin/sh\necho no such option >&2\nexit 1\n", "exited with code 1: no such option"),
        ("#!/bin/sh\nkill -9 $$\n", "was killed by SIGKILL"),
        ("garbage", "cannot start "),
    ],
)
def test_a_qemu_that_does_not_start_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with Run("drive d 1M\n", "-b", "qsd", PATH=program(tmp_path, "qemu-storage-daemon", text)) as run:
        code, output, error = run.end()
        left = run.left()

    assert (code, output, left) == (3, "", [])
    assert error.startswith("txsh: ")
    assert reason in error


def test_a_qemu_that_talks_nonsense_is_named(tmp_path: Path) -> None:
    text = (
        f"#!{sys.executable}\nimport os, re, sys, time\n"
        "os.write(int(re.search('fd=([0-9]+)', sys.argv[2])[1]), b'hello\\n')\ntime.sleep(1000)\n"
    )
    path = program(tmp_path, "qemu-storage-daemon", text)
    with Run("drive d 1M\n", "-b", "qsd", PATH=path) as run:
        code, output, error = run.end()
        left = run.left()

    assert (code, output, left) == (3, "", [])
    assert error.startswith("txsh: QEMU did not start: there is no QMP server: ")


def test_a_missing_qemu_img_is_no_verdict_on_the_script(tmp_path: Path) -> None:
    text = f'#!/bin/sh\nPATH={os.environ["PATH"]} exec qemu-storage-daemon "$@"\n'
    program(tmp_path, "qemu-storage-daemon", text)
    with Run("drive d 1M\n", "-b", "qsd", PATH=str(tmp_path)) as run:
        code, output, error = run.end()
        left = run.left()

    assert (code, left) == (3, [])
    assert output.endswith("failed\n")
    assert error.startswith("error[no-qemu-img]: there is no qemu-img on the PATH")


@BACKENDS
def test_without_a_path_there_is_no_qemu(backend: str) -> None:
    with Run("drive d 1M\n", "-b", backend, PATH="") as run:
        code, output, error = run.end()
        left = run.left()

    assert (code, output, left) == (3, "", [])
    assert error.startswith("txsh: error[no-qemu]: there is no qemu-")


def test_a_folder_for_temporary_files_with_a_long_name_is_no_hindrance(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    with Run("drive d 1M\nwrite d 0+64K\n", "-b", "qsd", temporary=folder) as run:
        code, output, error = run.end()

    assert (code, error) == (0, "")
    assert output.endswith("passed\n")
    assert list(folder.iterdir()) == []
