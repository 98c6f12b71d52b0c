"""What every test shares: live tests need a QEMU, `--update` rewrites what is generated, and a run is repeatable.

Hypothesis tries the same examples every time; `--hypothesis-profile=default` tries others.
"""

from __future__ import annotations

import os
import platform
import shutil

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

PROGRAMS = (f"qemu-system-{platform.machine()}", "qemu-storage-daemon", "qemu-img")
"""What live tests start."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite what is generated; read the difference")
    parser.addoption(
        "--agreement-seeds",
        type=int,
        default=20,
        help="how many random conversations the simulator and a real QEMU are compared on",
    )
    parser.addoption(
        "--wire-seeds", type=int, default=12, help="how many random conversations a served simulator is compared on"
    )
    parser.addoption("--script-seeds", type=int, default=20, help="how many random scripts the two are compared on")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether what is generated is to be rewritten instead of compared."""
    return bool(request.config.getoption("--update"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("live") is None:
        return
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if not missing:
        return
    message = f"needs {', '.join(missing)}"
    if os.environ.get("TXSH_LIVE") == "required":
        pytest.fail(f"{message}, and TXSH_LIVE=required", pytrace=False)
    pytest.skip(message)  # where no QEMU is installed, the rest still has to pass
