"""Start-up is a feature: what a run on the simulator does not need, it does not import."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENTRY = """
import sys
from txsh.cli.main import main
code = main()
print(" ".join(sys.modules), file=sys.stderr)
sys.exit(code)
"""
"""What the installed console script does, and then the names of all that was imported."""

NEVER = {
    "argparse",
    "ast",
    "asyncio",
    "contextlib",
    "dataclasses",
    "importlib.metadata",
    "inspect",
    "json",
    "lark",
    "logging",
    "pathlib",
    "prompt_toolkit",
    "pygments",
    "qemu",
    "random",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "typing",
}
LINE = "transaction cancel=all < backup drive0; bitmap-clear drive1.b0 >"


def imported(*words: str) -> set[str]:
    """The names of the modules that one command line imports, beside those of an interpreter that does nothing."""
    command = [sys.executable, "-I", "-c", f"import sys; sys.path[:] = {sys.path!r}{ENTRY}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    idle = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split()) - set(idle.stdout.split())


@pytest.mark.parametrize("text", ["echo here", "drive d 64M; write d 0+64K; show", LINE])
def test_a_run_on_the_simulator_imports_none_of_the_heavy_modules(text: str) -> None:
    assert not imported("-c", text) & NEVER


def test_a_version_needs_the_command_line_alone() -> None:
    seen = imported("--version")
    assert not seen & (NEVER | {"re", "signal"})
    assert {name.split(".")[1] for name in seen if name.startswith("txsh.")} == {"cli", "named"}
