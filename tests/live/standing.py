"""A QEMU that somebody else runs, with one monitor to attach to and another one for the test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.cli.command import txsh
from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from types import TracebackType

LIMIT_SECONDS = 30
_COMMANDS = {
    "qemu": [PROGRAMS[0], "-nodefaults", "-no-user-config", "-machine", "none", "-display", "none"],
    "qsd": ["qemu-storage-daemon"],
}


class Failed(Exception):
    """QEMU refused a command of the test's."""


class Standing:
    """A running QEMU.

    Args:
        words: further words of its command line.

    Attributes:
        path: the socket of the monitor to attach to.
        folder: its working directory, in which images are.
    """

    def __init__(self, program: str, *words: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="s-", dir="/tmp"))
        self.path = str(self.folder / "qmp")
        ours, theirs = socket.socketpair()
        channels = [f"socket,id=a,path={self.path},server=on,wait=off", f"socket,id=b,fd={theirs.fileno()},server=off"]
        command = [*_COMMANDS[program], *words]
        for name, channel in zip("ab", channels, strict=True):
            if program == "qemu":
                command += ["-chardev", channel, "-mon", f"chardev={name},mode=control"]
            else:
                command += ["--chardev", channel, "--monitor", f"chardev={name}"]
        with theirs:
            self.process = subprocess.Popen(command, cwd=self.folder, pass_fds=[theirs.fileno()])
        ours.settimeout(LIMIT_SECONDS)
        self._socket = ours
        self._stream = ours.makefile("rw")
        self._read()
        self.run("qmp_capabilities")

    def __enter__(self) -> Self:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not Path(self.path).exists():
            assert time.monotonic() < deadline
            assert self.process.poll() is None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._stream.close()
        self._socket.close()
        shutil.rmtree(self.folder)

    def run(self, command: str, **arguments: Any) -> Any:
        """Send a command over the test's own monitor; members' names are written with underscores."""
        data = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._stream.write(
            json.dumps({"execute": command.replace("_", "-") if "-" in command else command, "arguments": data}) + "\n"
        )
        self._stream.flush()
        while True:
            answer = self._read()
            if "error" in answer:
                raise Failed(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]

    def drive(self, name: str, *bitmaps: str, large: bool = False) -> None:
        """Add a qcow2 node of 1 MiB with bitmaps on it; a large one is of 8 MiB, and written to the end."""
        image = str(self.folder / f"{name}.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "8M" if large else "1M"], check=True)
        if large:
            subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write 0 8M", image], check=True, stdout=subprocess.DEVNULL)
        self.run("blockdev-add", driver="qcow2", node_name=name, file={"driver": "file", "filename": image})
        for bitmap in bitmaps:
            self.run("block-dirty-bitmap-add", node=name, name=bitmap)

    def backup(self, job: str, node: str, target: str, **options: Any) -> None:
        """Start a backup."""
        self.run("blockdev-backup", job_id=job, device=node, target=target, sync="full", **options)

    def state(self) -> Any:
        """Everything that could have changed: nodes, bitmaps, jobs, exports."""
        return [
            self.run("query-named-block-nodes", flat=True),
            self.run("query-jobs"),
            self.run("query-block-exports"),
            self.run("x-debug-query-block-graph"),
        ]

    def txsh(self, text: str, *words: str) -> tuple[int, str, str]:
        """Run a script on it; the exit code, standard output and error."""
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        done = txsh("-b", f"qmp:{self.path}", *words, "run", "-", text=text, TMPDIR=str(temporary))
        assert list(temporary.iterdir()) == [], "it left files"
        return done.returncode, done.stdout, done.stderr

    def _read(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self._stream.readline())
        return value
