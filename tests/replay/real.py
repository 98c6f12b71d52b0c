"""A real QEMU as the target of a replay: raw JSON over a unix socket, guest I/O through its NBD server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from txsh.backends.base import GuestError
from txsh.backends.live.nbd import connect

_ANSWER_SECONDS = 5.0
_START_SECONDS = 10.0
_STARTS = 3
_BINARIES = {"qsd": "qemu-storage-daemon", "system": "qemu-system-x86_64"}


class RealTarget:
    """A private process in a private folder with a short name; killed and removed by `close`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tx"))
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._text = b""
        self._events: deque[dict[str, Any]] = deque()

    def start(self, program: str, arguments: list[str]) -> None:
        """Start a process and negotiate; again when the monitor opened twice, as it does now and then at its start."""
        for _ in range(_STARTS):
            self._launch(program, arguments)
            greeting = self._next_value(_START_SECONDS)
            if greeting is not None and self.execute({"execute": "qmp_capabilities"}) == {"return": {}}:
                return
            self._kill()
        raise AssertionError(f"{_BINARIES[program]} does not answer")

    def _launch(self, program: str, arguments: list[str]) -> None:
        monitor = ["--chardev", "socket,id=m,path=qmp.sock,server=on,wait=off", "--monitor", "chardev=m"]
        if program == "system":
            monitor = ["-machine", "none", "-nodefaults", "-display", "none"]
            monitor += ["-qmp", "unix:qmp.sock,server=on,wait=off"]
        for name in ("qmp.sock", "nbd.sock"):
            (self.folder / name).unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [_BINARIES[program], *arguments, *monitor],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._text = b""
        self._events.clear()
        self._socket = self._connect()

    def make_image(self, image: dict[str, Any]) -> None:
        """Make a file with qemu-img, and what is in it with qemu-io."""
        file, kind = image["file"], image["format"]
        (self.folder / file).unlink(missing_ok=True)
        options = [f"{key}={value}" for key, value in (image.get("options") or {}).items()]
        more = ["-o", ",".join(options)] if options else []
        if image.get("backing"):
            more += ["-b", image["backing"], "-F", "qcow2"]
        self._run("qemu-img", "create", "-q", "-f", kind, *more, file, str(image["size"]))
        for offset, length, pattern in image["data"]:
            self._run("qemu-io", "-f", kind, "-c", f"write -q -P {pattern} {offset} {length}", file)
        for bitmap in image.get("bitmaps", ()):
            state = ["--disable"] if bitmap["disabled"] else []
            self._run("qemu-img", "bitmap", "--add", *state, "-f", kind, file, bitmap["name"])

    def execute(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send one command and collect events until its reply comes."""
        assert self._socket is not None
        deadline = time.monotonic() + _ANSWER_SECONDS
        try:
            self._socket.sendall(json.dumps(message).encode())
            while (remaining := deadline - time.monotonic()) > 0:
                value = self._next_value(remaining)
                if value is None:
                    return None
                if "event" not in value:
                    return value
                self._events.append({"event": value["event"], "data": value.get("data", {})})
        except OSError:
            pass
        return None

    def next_event(self, seconds: float) -> dict[str, Any] | None:
        """The next event within that time."""
        if self._events:
            return self._events.popleft()
        try:
            value = self._next_value(seconds)
        except OSError:
            return None
        if value is None or "event" not in value:
            return None
        return {"event": value["event"], "data": value.get("data", {})}

    def clock(self) -> float:
        """The machine's monotonic clock."""
        return time.monotonic()

    def guest(self, io: dict[str, Any]) -> str | None:
        """Read or write through the export."""
        return asyncio.run(self._request(io))

    async def _request(self, io: dict[str, Any]) -> str | None:
        offset, length = io["offset"], io["length"]
        async with await connect(str(self.folder / "nbd.sock"), io["export"]) as client:
            try:
                match io["op"]:
                    case "write":
                        await client.write(offset, bytes([io["pattern"]]) * length)
                    case "write-zeroes":
                        await client.write_zeroes(offset, length, unmap=False)
                    case "discard":
                        await client.trim(offset, length)
                    case "flush":
                        await client.flush()
                    case "read":
                        data = await client.read(offset, length)
                        if io["pattern"] is not None and data != bytes([io["pattern"]]) * length:
                            return "Pattern verification failed"
            except GuestError as failed:
                return failed.description
        return None

    def file_exists(self, file: str) -> bool:
        """Whether the folder has the file."""
        return (self.folder / file).exists()

    def stored_bitmaps(self, file: str) -> list[dict[str, Any]] | None:
        """What qemu-img info says of the file, while it is open or not."""
        text = self._run("qemu-img", "info", "-U", "--output=json", file)
        data = json.loads(text).get("format-specific", {}).get("data", {})
        bitmaps: list[dict[str, Any]] | None = data.get("bitmaps")
        return bitmaps

    def file_bytes(self, file: str) -> bytes:
        """What other processes see of the file by now."""
        return (self.folder / file).read_bytes()

    def end(self, how: str) -> None:
        """End the process as told."""
        assert self._process is not None
        if how == "quit":
            self.execute({"execute": "quit"})
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        self._kill()

    def close(self) -> None:
        """Kill what was started and remove the folder."""
        self._kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self.folder / "qmp.sock"))
            except OSError:
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
            else:
                return connection

    def _next_value(self, seconds: float) -> dict[str, Any] | None:
        """One line of JSON; None on silence and at the end of the stream."""
        assert self._socket is not None
        deadline = time.monotonic() + seconds
        while b"\n" not in self._text:
            self._socket.settimeout(max(0.0, deadline - time.monotonic()))
            try:
                more = self._socket.recv(1 << 16)
            except (TimeoutError, BlockingIOError):
                return None
            if not more:
                return None
            self._text += more
        line, _, self._text = self._text.partition(b"\n")
        value: dict[str, Any] = json.loads(line)
        return value

    def _run(self, *command: str) -> str:
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=30, check=True).stdout
