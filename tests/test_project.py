"""What holds for the whole project: style, types, packages, and nothing in it that belongs to one machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import CHECKOUT, LINE
from txsh import __version__
from txsh.syntax import grammar

if TYPE_CHECKING:
    from pathlib import Path

HOME = re.compile(rb"/(?:home|root|Users|work)/[A-Za-z0-9_.-]+")
ADDRESS = re.compile(rb"https?://(?!json-schema\.org/draft/)\w")
UNFINISHED = re.compile(rb"\b(?:TO" + rb"DO|FIX" + rb"ME|X" + rb"XX)\b|NotImplemented" + rb"Error")


def run(*words: str, cwd: Path = CHECKOUT) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tracked() -> list[Path]:
    """The files that are part of the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=False)
    if listed.returncode != 0:  # an unpacked sdist
        hidden = ("__pycache__", ".venv")
        return [path for path in CHECKOUT.rglob("*") if path.is_file() and not set(hidden) & set(path.parts)]
    return [CHECKOUT / name for name in listed.stdout.decode().split("\0") if name and (CHECKOUT / name).is_file()]


def test_the_code_is_in_style() -> None:
    run(sys.executable, "-m", "ruff", "check", ".")


def test_the_code_is_formatted() -> None:
    run(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_the_types_hold() -> None:
    run(sys.executable, "-m", "mypy")


def test_the_versions_agree() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert f"## {__version__}" in (CHECKOUT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("pattern", [HOME, ADDRESS, UNFINISHED], ids=["a home", "an address", "unfinished"])
def test_nothing_in_the_project_names(pattern: re.Pattern[bytes]) -> None:
    found = {str(path): match[0] for path in tracked() if (match := pattern.search(path.read_bytes()))}
    assert found == {}


def test_the_setup_of_readme_is_what_ci_runs() -> None:
    text = (CHECKOUT / "README.md").read_text()
    commands = re.findall(r"^python3 -m venv .*$", text, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith(f".venv/bin/txsh -c '{LINE}'")
    assert ".venv/bin/python -m pytest" in commands[1]
    script = (CHECKOUT / ".ci" / "run").read_text()
    assert "README.md" in script
    assert "TXSH_LIVE=required" in script


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel made from the sdist, and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(CHECKOUT))
    return {path.suffix: path for path in folder.iterdir()}


def test_the_sdist_has_everything_that_is_needed_to_work_on_it(packages: dict[str, Path]) -> None:
    with tarfile.open(packages[".gz"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    listed = {str(path.relative_to(CHECKOUT)) for path in tracked()}
    assert listed <= names


def test_the_wheel_has_the_package_and_its_data_and_nothing_else(packages: dict[str, Path]) -> None:
    with zipfile.ZipFile(packages[".whl"]) as archive:
        names = set(archive.namelist())
        carried = archive.read("txsh/syntax/txsh.lark")
    assert carried == (CHECKOUT / "grammar" / "txsh.lark").read_bytes()
    assert "txsh/report/trace-1.schema.json" in names
    assert {name.partition("/")[0] for name in names} == {"txsh", f"txsh-{__version__}.dist-info"}
    package = {str(path.relative_to(CHECKOUT)) for path in tracked() if path.is_relative_to(CHECKOUT / "txsh")}
    assert package <= names


def test_an_installed_wheel_runs_and_has_its_grammar(packages: dict[str, Path], tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = tmp_path / "venv" / "lib" / version / "site-packages"
    with zipfile.ZipFile(packages[".whl"]) as archive:
        archive.extractall(site)
    # A simulated run needs none of the dependencies, so none is installed.
    run(str(python), "-m", "txsh", "-c", LINE, cwd=tmp_path)
    code = "from txsh.syntax import grammar; import sys; sys.stdout.write(grammar.text())"
    installed = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert installed.stdout == grammar.text()


def test_the_console_script_is_what_the_wheel_declares(packages: dict[str, Path]) -> None:
    with zipfile.ZipFile(packages[".whl"]) as archive:
        declared = archive.read(f"txsh-{__version__}.dist-info/entry_points.txt").decode()
    assert "txsh = txsh.cli.main:main" in declared


def test_live_tests_fail_without_a_qemu_where_they_are_required(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((CHECKOUT / "tests" / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = live\n")
    (tmp_path / "test_a.py").write_text("import pytest\n@pytest.mark.live\ndef test_a(): pass\n")
    codes = {}
    for wish in ("", "required"):
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        environment = os.environ | {"PATH": str(tmp_path), "TXSH_LIVE": wish}
        codes[wish] = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False).returncode
    assert codes == {"": 0, "required": 1}
