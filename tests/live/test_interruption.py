"""Signals at every stage of a run on a real QEMU: it ends cleanly, says so, and nothing of it stays."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.live.run import Run, read_some

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live


def test_a_signal_ends_the_making_of_an_image_that_does_not_end_by_itself(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    reading = os.open(begun, os.O_RDONLY | os.O_NONBLOCK)
    program = tmp_path / "qemu-img"
    program.write_text(f"#!/bin/sh\necho begun > {begun}\nexec sleep 1000\n")
    program.chmod(0o700)

    with Run("drive d 1M\n", "-b", "qsd", PATH=f"{tmp_path}:{os.environ['PATH']}") as run:
        assert read_some(reading) == b"begun\n"
        os.close(reading)
        run.process.send_signal(signal.SIGTERM)
        code, output, error = run.end()
        left = run.left()

    assert (code, error, left) == (143, "", [])
    assert output.endswith("failed: ended by SIGTERM\n")
