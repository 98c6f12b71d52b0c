"""Launching a QEMU and ending it."""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.backends.contract import World
from txsh.backends.base import BackendLost, HostUnable, Image
from txsh.backends.live.launch import launch

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from txsh.backends.live.backend import LaunchedBackend

EVERY_PROGRAM = pytest.mark.parametrize("program", ["qsd", "qemu-system"])


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scenario)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, a zombie included."""
    return Path(f"/proc/{pid}").exists()


@pytest.mark.live
@EVERY_PROGRAM
def test_a_run_leaves_neither_process_nor_folder(program: str) -> None:
    async def scenario() -> None:
        backend = await launch(program)
        folder, pid = backend.folder, backend.pid
        await World(backend, backend.host).drive("d")
        await backend.host.write("d", 0, 512, 1)
        assert (folder / "d.qcow2").exists()

        await backend.close()

        assert not folder.exists()
        assert not is_alive(pid)

    run(scenario())


@pytest.mark.live
@EVERY_PROGRAM
def test_the_folder_is_private_and_ctrl_c_at_a_terminal_does_not_reach_qemu(program: str) -> None:
    async def scenario() -> None:
        backend = await launch(program)
        try:
            assert stat.S_IMODE(backend.folder.stat().st_mode) == 0o700
            assert os.getpgid(backend.pid) == backend.pid
        finally:
            await backend.close()

    run(scenario())


@pytest.mark.live
@EVERY_PROGRAM
def test_nothing_of_the_machine_is_in_it(program: str) -> None:
    async def scenario() -> None:
        backend = await launch(program)
        try:
            assert await backend.execute("query-named-block-nodes", {}) == []
            connections = await backend.execute("query-chardev", {})
            assert [connection["label"] for connection in connections] == ["qmp"]
            if program == "qemu-system":
                assert (await backend.execute("query-status", {}))["status"] == "running"
        finally:
            await backend.close()

    run(scenario())


@pytest.mark.live
@EVERY_PROGRAM
def test_a_folder_that_is_kept_holds_images_that_were_closed_cleanly(program: str) -> None:
    async def scenario() -> None:
        backend = await launch(program, keep=True)
        world = World(backend, backend.host)
        await world.drive("d")
        await world.bitmap("d", "b", persistent=True)
        await backend.close()
        folders.append(backend.folder)

    folders: list[Path] = []
    run(scenario())
    done = subprocess.run(["qemu-img", "info", folders[0] / "d.qcow2"], capture_output=True, text=True, check=True)
    shutil.rmtree(folders[0])
    assert "name: b" in done.stdout
    assert "in-use" not in done.stdout


@pytest.mark.live
def test_a_long_temporary_folder_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    async def scenario() -> None:
        backend = await launch("qsd")
        try:
            await World(backend, backend.host).drive("d")
            await backend.host.write("d", 0, 512, 1)
        finally:
            await backend.close()

    run(scenario())
    assert list(deep.iterdir()) == []


@pytest.mark.live
@EVERY_PROGRAM
def test_a_run_that_is_cancelled_ends_its_qemu(program: str) -> None:
    launched: list[LaunchedBackend] = []

    async def scenario(ready: asyncio.Event) -> None:
        backend = await launch(program)
        launched.append(backend)
        ready.set()
        try:
            await backend.next_event(None)
        finally:
            await backend.close()

    async def cancelled() -> None:
        ready = asyncio.Event()
        task = asyncio.create_task(scenario(ready))
        await ready.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(cancelled())
    assert not is_alive(launched[0].pid)
    assert not launched[0].folder.exists()


@pytest.mark.live
@EVERY_PROGRAM
def test_qemu_dies_with_a_txsh_that_is_killed(program: str) -> None:
    text = f"""
import asyncio
from txsh.backends.live.launch import launch
async def main():
    backend = await launch({program!r})
    print(backend.pid, backend.folder, flush=True)
    await backend.next_event(None)
asyncio.run(main())
"""
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", text], cwd=root, stdout=subprocess.PIPE, text=True) as txsh:
        assert txsh.stdout is not None
        pid, folder = txsh.stdout.readline().split()
        descriptor = os.pidfd_open(int(pid))
        txsh.send_signal(signal.SIGKILL)
    try:
        assert _ends(descriptor)
    finally:
        os.close(descriptor)
        shutil.rmtree(folder)


def test_a_missing_qemu_is_named_with_the_package_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    async def scenario() -> None:
        for program, binary in (("qsd", "qemu-storage-daemon"), ("qemu-system", "qemu-system-")):
            with pytest.raises(HostUnable, match=f"there is no {binary}") as caught:
                await launch(program)
            assert caught.value.name == "no-qemu"
            assert caught.value.advice is not None
            assert "Debian" in caught.value.advice

    run(scenario())


def test_a_path_that_is_no_program_is_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(HostUnable, match=r"there is no /.*/nothing") as caught:
            await launch("qsd", path=str(tmp_path / "nothing"))
        assert caught.value.name == "no-qemu"

    run(scenario())


def test_a_program_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "broken-qemu"
    program.write_text("#!/bin/sh\necho cannot find my firmware >&2\nexit 3\n")
    program.chmod(0o700)

    async def scenario() -> None:
        with pytest.raises(BackendLost, match="broken-qemu exited with code 3: cannot find my firmware"):
            await launch("qsd", path=str(program))

    run(scenario())


def test_a_program_that_says_nothing_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    program = tmp_path / "silent-qemu"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o700)

    async def scenario() -> None:
        with pytest.raises(BackendLost, match=r"no QMP greeting came within 0\.2 s"):
            await launch("qsd", path=str(program), time_limit_seconds=0.2)

    run(scenario())


@pytest.mark.live
def test_images_are_made_once_and_qemu_img_says_why_not() -> None:
    async def scenario() -> None:
        backend = await launch("qsd")
        try:
            await backend.host.create_image(Image("i.raw", "raw", 1 << 20))
            with pytest.raises(HostUnable, match=r"the image i\.raw is there already"):
                await backend.host.create_image(Image("i.raw", "raw", 1 << 20))
            with pytest.raises(HostUnable, match="Cluster size must be a power of two"):
                await backend.host.create_image(Image("j.qcow2", "qcow2", 1 << 20, 5000))
        finally:
            await backend.close()

    run(scenario())


def _ends(descriptor: int) -> bool:
    """Whether the process of a pidfd ends soon."""
    readable, _, _ = select.select([descriptor], [], [], 10)
    return bool(readable)
