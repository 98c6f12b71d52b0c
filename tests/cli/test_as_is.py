"""``--as-is`` reaches the run, on every backend."""

from __future__ import annotations

import pytest

from tests.cli.command import txsh
from txsh.cli.code import FAILED, UNREACHABLE

DEADLY = "transaction < bitmap-enable drive0.nope >"
BACKENDS = ["sim:7.2", pytest.param("qsd", marks=pytest.mark.live)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_sends_what_kills_qemu(backend: str) -> None:
    assert txsh("-b", backend, "--as-is", "-c", DEADLY).returncode == UNREACHABLE


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_it_nothing_deadly_is_sent(backend: str) -> None:
    done = txsh("-b", backend, "-c", DEADLY)

    assert done.returncode == FAILED
    assert "not sent: " in done.stderr
