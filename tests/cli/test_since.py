"""An option that this QEMU has not is told before anything runs, on a QEMU whose version only it can tell, too."""

from __future__ import annotations

import pytest

from tests.agreement_script.outcome import installed
from tests.cli.command import txsh
from txsh.cli.code import PASSED, WRONG

TEXT = "backup drive0 on-cbw-error=break-snapshot"


def code_on(version: tuple[int, int]) -> int:
    return PASSED if version >= (11, 1) else WRONG


@pytest.mark.parametrize("version", [(7, 2), (10, 0), (11, 1)])
def test_it_is_told_on_the_simulator(version: tuple[int, int]) -> None:
    done = txsh("-b", f"sim:{version[0]}.{version[1]}", "-c", TEXT)

    assert done.returncode == code_on(version), done.stderr
    assert ("since QEMU 11.1" in done.stderr) == (code_on(version) == WRONG)


@pytest.mark.live
def test_it_is_told_on_a_qemu_that_is_launched_for_the_run() -> None:
    done = txsh("-b", "qsd", "-c", TEXT)

    assert done.returncode == code_on(installed("qsd")), done.stderr
    assert ("since QEMU 11.1" in done.stderr) == (done.returncode == WRONG)
    assert (" backup " in done.stdout) == (done.returncode == PASSED)
