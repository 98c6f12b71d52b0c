"""What live tests share: the recordings and the simulator's profile are of QEMU 7.2, so that one is compared with."""

from __future__ import annotations

import json
import subprocess

import pytest


@pytest.fixture(scope="session")
def installed_7_2() -> None:
    """Skips what only a QEMU 7.2 can be asked."""
    done = subprocess.run(
        ["qemu-storage-daemon", "--chardev", "stdio,id=m", "--monitor", "chardev=m"],
        input='{"execute": "qmp_capabilities"}{"execute": "quit"}',
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    version = json.loads(done.stdout.splitlines()[0])["QMP"]["version"]["qemu"]
    if (version["major"], version["minor"]) != (7, 2):
        pytest.skip(f"compares with QEMU 7.2, and {version['major']}.{version['minor']} is installed")
