"""Signals at every stage of a run on a real QEMU: it ends cleanly, says so, and nothing of it stays."""

from __future__ import annotations

import json
import os
import pty
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.run import Run, read_some

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
write e 0+64K
drive slow 64M
target v 64M
"""
STAGES = {
    "cancel=all": "transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j hold=64K >\n",
    "cancel=jobs": "transaction cancel=jobs < bitmap-clear e.b; backup d to=t bitmap=b job=j hold=64K >\n",
    "grouped": "transaction cancel=all < backup e to=u job=k; backup d to=t job=j hold=64K >\n",
    "a job of its own": "backup d to=t bitmap=b job=j hold=64K\n",
}
SIGNALS = {
    signal.SIGINT: "interrupted by Ctrl-C",
    signal.SIGTERM: "ended by SIGTERM",
    signal.SIGHUP: "ended by SIGHUP",
}


def begun(text: str) -> str:
    """A script that says that it has begun and waits for long."""
    return f"{WORLD}backup slow to=v job=slow speed=64K\n{text}echo begun\nwait slow timeout=10m\n"


def script(folder: Path, name: str, text: str) -> Path:
    """A program on the PATH."""
    program = folder / name
    program.write_text(text)
    program.chmod(0o700)
    return program


@BACKENDS
@pytest.mark.parametrize(
    ("number", "stage"),
    [
        (signal.SIGINT, "cancel=all"),
        (signal.SIGTERM, "cancel=jobs"),
        (signal.SIGHUP, "grouped"),
        (signal.SIGINT, "a job of its own"),
    ],
)
def test_a_signal_brings_everything_to_an_end(backend: str, number: signal.Signals, stage: str) -> None:
    with Run(begun(STAGES[stage]), "-b", backend) as run:
        run.read_to("begun\n")
        run.process.send_signal(number)
        code, output, error = run.end()
        left = run.left()

    assert (code, error, left) == (128 + number, "", [])
    reason = SIGNALS[number]
    assert output.endswith(f"failed: {reason}\n")
    assert f"job j cancelled ({reason})" in output
    meaning = {"cancel=jobs": "what was immediate stays"}.get(stage, "nothing of it has happened")
    if stage != "a job of its own":
        assert f"cancelled, {meaning}: {reason}\n" in output


@BACKENDS
def test_json_tells_of_a_broken_off_run_in_one_whole_object(backend: str) -> None:
    with Run(begun(STAGES["cancel=all"]), "-b", backend, "--format", "json") as run:
        while not run.children():
            assert run.process.poll() is None
        run.process.send_signal(signal.SIGTERM)
        code, output, _ = run.end()
        left = run.left()

    trace: dict[str, Any] = json.loads(output)
    assert (code, trace["exit_code"], left) == (143, 143, [])
    assert trace["verdict"] == {"word": "failed", "reason": "ended by SIGTERM", "unknown": None}
    assert all(group["outcome"] == "cancelled" for group in trace["groups"])
    assert not any(name.startswith("txsh:") for name in trace["bitmaps"] or {})


@BACKENDS
def test_ctrl_c_at_a_terminal_reaches_txsh_alone(backend: str) -> None:
    """The terminal signals the whole foreground group; QEMU is not in it, so groups can still be ended."""
    ours, theirs = pty.openpty()
    with Run(begun(STAGES["cancel=all"]), "-b", backend, terminal=theirs) as run:
        os.close(theirs)
        run.read_to("begun\n")
        os.write(ours, b"\x03")
        code, output, _ = run.end()
        left = run.left()
    os.close(ours)

    assert (code, left) == (130, [])
    assert "cancelled, nothing of it has happened: interrupted by Ctrl-C" in output


def test_a_signal_while_qemu_starts_ends_it(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    reading = os.open(begun, os.O_RDONLY | os.O_NONBLOCK)
    script(tmp_path, "qemu-storage-daemon", f"#!/bin/sh\necho begun > {begun}\nexec sleep 1000\n")

    with Run("drive d 1M\n", "-b", "qsd", PATH=f"{tmp_path}:{os.environ['PATH']}") as run:
        assert read_some(reading) == b"begun\n"
        os.close(reading)
        run.process.send_signal(signal.SIGTERM)
        code, output, error = run.end()
        left = run.left()

    assert (code, output, error, left) == (143, "", "txsh: ended by SIGTERM\n", [])


def test_a_signal_ends_the_making_of_an_image_that_does_not_end_by_itself(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    reading = os.open(begun, os.O_RDONLY | os.O_NONBLOCK)
    script(tmp_path, "qemu-img", f"#!/bin/sh\necho begun > {begun}\nexec sleep 1000\n")

    with Run("drive d 1M\n", "-b", "qsd", PATH=f"{tmp_path}:{os.environ['PATH']}") as run:
        assert read_some(reading) == b"begun\n"
        os.close(reading)
        run.process.send_signal(signal.SIGTERM)
        code, output, error = run.end()
        left = run.left()

    assert (code, error, left) == (143, "", [])
    assert output.endswith("failed: ended by SIGTERM\n")


@BACKENDS
def test_a_second_signal_does_not_wait_for_a_qemu_that_is_stuck(backend: str) -> None:
    with Run(begun(STAGES["cancel=all"]), "-b", backend) as run:
        run.read_to("begun\n")
        run.signal_children(signal.SIGSTOP)
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGTERM)
        code, output, error = run.end()
        left = run.left()

    assert code in (130, 143)
    assert (error, left) == ("", [])
    assert output.splitlines()[-1].startswith("lost: ")
    assert "and QEMU was killed without a clean end" in output
    assert "transaction cancel=all cancelled, nothing of it has happened" in output


def test_after_a_signal_no_further_script_is_run(tmp_path: Path) -> None:
    first, second = tmp_path / "first.txsh", tmp_path / "second.txsh"
    first.write_text(begun(""))
    second.write_text("echo unreached\n")
    with Run("", "-b", "qsd", operands=(str(first), str(second))) as run:
        run.read_to("begun\n")
        run.process.send_signal(signal.SIGINT)
        code, output, error = run.end()
        left = run.left()

    assert (code, left) == (130, [])
    assert "unreached" not in output
    assert error == f"txsh: interrupted by Ctrl-C, so what follows {first} was not run\n"


@BACKENDS
def test_a_reader_who_goes_away_is_no_reason_to_leave_anything(backend: str) -> None:
    with Run(WORLD + "backup d to=t job=j\nwait\n" * 3, "-b", backend) as run:
        run.read_to(" on ")
        assert run.process.stdout is not None
        run.process.stdout.close()
        run.process.wait(60)
        left = run.left()

    assert (run.process.returncode, left) == (0, [])


def test_a_txsh_that_is_killed_takes_its_qemu_with_it() -> None:
    with Run(begun(STAGES["cancel=all"]), "-b", "qsd") as run:
        run.read_to("begun\n")
        (launched,) = run.children()
        ended = os.pidfd_open(launched)
        run.process.kill()
        assert read_ended(ended)


def read_ended(descriptor: int) -> bool:
    """Whether the process of this pidfd ends soon."""
    import select  # noqa: PLC0415  # only here

    readable, _, _ = select.select([descriptor], [], [], 30)
    os.close(descriptor)
    return bool(readable)
