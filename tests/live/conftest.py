"""What live tests share: the version of the QEMU that is installed, whose profile and recordings they compare with."""

from __future__ import annotations

import pytest

from tests.replay.installed import installed_version
from txsh.backends.sim.profile import PROFILES


@pytest.fixture(scope="session")
def installed() -> tuple[int, int]:
    """The version of the installed QEMU; skips what compares with a model when there is none of it."""
    version = installed_version()
    if version not in PROFILES:
        pytest.skip(f"QEMU {version[0]}.{version[1]} is installed, and the simulator has no profile of it")
    return version


@pytest.fixture(scope="session")
def installed_7_2(installed: tuple[int, int]) -> None:
    """Skips what only a QEMU 7.2 can be asked."""
    if installed != (7, 2):
        pytest.skip(f"compares with QEMU 7.2, and {installed[0]}.{installed[1]} is installed")
