"""The simulator's monitor and a real QEMU's answer whatever bytes a client sends with the same bytes.

More of them: ``python -m tests.live.test_monitor_bytes SECONDS [SEED]``.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.backends.sim.monitor.scribble import scribble
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.monitor.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

NEGOTIATION = b'{"execute":"qmp_capabilities"}\n'
END = b'\xff\n{"execute":"the-end","id":"the-end"}\n'
"""Byte FF brings every lexer back into step; 11.1 says so only where it had nothing to say before."""
CASES = 300


@contextmanager
def monitor_of(program: str) -> Iterator[str]:
    """A real program with a monitor on a socket; gives the socket's path."""
    with tempfile.TemporaryDirectory(prefix="txsh-") as folder:
        path = f"{folder}/s"
        words = [program, "--chardev", f"socket,id=m,path={path},server=on,wait=off", "--monitor", "chardev=m"]
        with subprocess.Popen(words) as process:
            try:
                while not listens(path):
                    assert process.poll() is None
                    time.sleep(0.01)
                yield path
            finally:
                process.kill()


def listens(path: str) -> bool:
    try:
        said_by_qemu(path, b"")
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    return True


def said_by_qemu(path: str, data: bytes) -> bytes:
    """All that QEMU sends on a connection of its own."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        said = b""
        while packet := connection.recv(1 << 16):
            said += packet
    return said


def said_by_simulator(version: tuple[int, int], data: bytes) -> bytes:
    said: list[str] = []
    Session(SimBackend(version, "qsd"), said.append, 0).feed(data)
    return "".join(said).encode()


def version_of(greeting: bytes) -> tuple[int, int]:
    minor, major = re.findall(rb'"m(?:inor|ajor)": ([0-9]+)', greeting)
    return int(major), int(minor)


def framed(random: Random) -> bytes:
    """What one client sends: negotiating first, most of the time."""
    return (NEGOTIATION if random.random() < 0.9 else b"") + scribble(random) + END


@pytest.mark.live
def test_any_bytes_are_answered_alike(installed: tuple[int, int]) -> None:
    with monitor_of("qemu-storage-daemon") as path:
        for seed in range(CASES):
            data = framed(Random(seed))

            assert said_by_simulator(installed, data) == said_by_qemu(path, data), (seed, data)


def main(words: list[str]) -> int:
    """Compare for so many seconds."""
    deadline = time.monotonic() + float(words[0])
    seed = int(words[1]) if len(words) > 1 else 0
    with monitor_of("qemu-storage-daemon") as path:
        version = version_of(said_by_qemu(path, b""))
        while time.monotonic() < deadline:
            seed += 1
            data = framed(Random(seed))
            expected, got = said_by_qemu(path, data), said_by_simulator(version, data)
            if expected != got:
                sys.stdout.write(f"seed {seed}: {data!r}\n  qemu: {expected!r}\n  txsh: {got!r}\n")
                return 1
    sys.stdout.write(f"{seed} conversations with {version} were the same\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
