"""The two that a random conversation is held with: a real QEMU and ``txsh serve``, each a process with a QMP socket."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_START_SECONDS = 10.0
_FIRST_SECONDS = 0.15
"""How long nothing at all may come before silence is the answer; only broken text has none."""
_ANSWER_SECONDS = 5.0
_QUIET_SECONDS = 0.03
_STARTS = 5
_BINARIES = {"qsd": "qemu-storage-daemon", "qemu-system": "qemu-system-x86_64"}


def installed_version(program: str) -> tuple[int, int]:
    """Major and minor of the QEMU that stands first on PATH."""
    done = subprocess.run([_BINARIES[program], "--version"], capture_output=True, text=True, timeout=60, check=True)
    word = done.stdout.split(" version ")[1].split()[0]
    major, minor = word.split(".")[:2]
    return int(major), int(minor)


class Peer:
    """One process and one client of it, in a private folder with a short name.

    Args:
        words: the command line; ``{socket}`` in it is where it has to listen.
    """

    def __init__(self, words: list[str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tx"))
        path = str(self.folder / "q")
        with (self.folder / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(
                [word.format(socket=path) for word in words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self._text = b""
        self._socket = self._connect(path, words)
        self.greeting = self.listen(expected=True)

    def send(self, data: bytes) -> None:
        """Send bytes; whether anybody is there shows when it is listened to."""
        with contextlib.suppress(OSError):
            self._socket.sendall(data)

    def listen(self, *, expected: bool) -> list[Any] | None:
        """All values that come until it is quiet or over; None when the process is gone and said nothing more.

        Args:
            expected: a reply must come; else silence may be the answer.
        """
        values: list[Any] = []
        last = time.monotonic() + (_ANSWER_SECONDS if expected else _FIRST_SECONDS)
        answered = False
        while True:
            patience = last - time.monotonic() if not answered else _QUIET_SECONDS
            if not select.select([self._socket], [], [], max(0.0, patience))[0]:
                return values
            data = b""
            with contextlib.suppress(ConnectionError):
                data = self._socket.recv(1 << 16)
            if not data:
                return values or None
            *lines, self._text = (self._text + data).split(b"\n")
            values += [json.loads(line) for line in lines]
            answered = answered or not expected or any("event" not in value for value in values)

    def answers(self) -> bool:
        """Whether the monitor answers at all; before capabilities are negotiated a command changes nothing."""
        self.send(b'{"execute": "query-version"}')
        return len(self.listen(expected=True) or ()) == 1

    def last_words(self) -> str:
        """What it wrote to standard error."""
        return (self.folder / "stderr").read_text(errors="replace")

    def close(self) -> None:
        """Kill the process and remove its folder."""
        self._socket.close()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self, path: str, words: list[str]) -> socket.socket:
        last = time.monotonic() + _START_SECONDS
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
            except OSError:
                connection.close()
                if time.monotonic() > last or self._process.poll() is not None:
                    raise AssertionError(f"{words[0]} does not listen: {self.last_words()}") from None
                time.sleep(0.005)
            else:
                return connection


def real_peer(program: str) -> Peer:
    """A real QEMU."""
    if program == "qsd":
        monitor = ["--chardev", "socket,id=m,path={socket},server=on,wait=off", "--monitor", "chardev=m"]
    else:
        monitor = ["-machine", "none", "-nodefaults", "-display", "none", "-qmp", "unix:{socket},server=on,wait=off"]
    for _ in range(_STARTS):
        peer = Peer([_BINARIES[program], *monitor])
        if peer.greeting is not None and len(peer.greeting) == 1 and peer.answers():
            break
        peer.close()  # its monitor opened twice, or listens to nobody, as it does now and then at its start
    return peer


def served_peer(program: str, version: tuple[int, int]) -> Peer:
    """The simulator on a socket."""
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[2]))
    profile = f"{version[0]}.{version[1]}"
    return Peer(
        [sys.executable, "-m", "txsh", "serve", "--socket", "{socket}", "--profile", profile, "--program", program]
    )
