"""Which QEMU is installed here: the first on the path."""

from __future__ import annotations

import json
import subprocess
from functools import cache


@cache
def installed_version() -> tuple[int, int]:
    """Major and minor number of the qemu-storage-daemon that would be started."""
    done = subprocess.run(
        ["qemu-storage-daemon", "--chardev", "stdio,id=m", "--monitor", "chardev=m"],
        input='{"execute": "qmp_capabilities"}{"execute": "quit"}',
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    version = json.loads(done.stdout.splitlines()[0])["QMP"]["version"]["qemu"]
    return version["major"], version["minor"]
