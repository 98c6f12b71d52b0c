"""Runs txsh as its user does: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent.parent
LINE = "transaction cancel=all < backup drive0; bitmap-clear drive1.b0 >"


def environment(**changes: str) -> dict[str, str]:
    """The environment of the process: plain, whatever the tests run in."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "COLUMNS")}
    return inherited | {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": ""} | changes


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "txsh", *words]


def txsh(
    *words: str, text: str | bytes = "", cwd: Path = CHECKOUT, merged: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run txsh to its end.

    Args:
        text: its standard input.
        merged: both its streams are one, as on a terminal.
        variables: of its environment.
    """
    done = subprocess.run(
        command(*words),
        input=text.encode() if isinstance(text, str) else text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        cwd=cwd,
        env=environment(**variables),
        timeout=120,
        check=False,
    )
    error = "" if merged else done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), error)
