"""The whole text of every diagnostic of the checker, as its documentation shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.binding import WORLD
from tests.chunk import read_chunks
from txsh.check.plan import bind
from txsh.report.diagnostic import render
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnostics.md"
SECTION = re.compile(r"^## Checks\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(
    r"^### (?P<name>\S+)\n\n(?P<text>.+?)\n\n```text\n(?P<script>.*?)```\n\n```text\n(?P<message>.*?)```$",
    re.MULTILINE | re.DOTALL,
)


def section() -> str:
    found = SECTION.search(DOCUMENT.read_text())
    assert found is not None
    return found[1]


ENTRIES = [(entry["name"], entry["script"], entry["message"]) for entry in ENTRY.finditer(section())]


@pytest.mark.parametrize(("name", "script", "message"), ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_the_documented_script_gives_the_documented_message(name: str, script: str, message: str) -> None:
    tree, mistakes = parse(Source("example.txsh", script))
    assert mistakes == []

    plan, (finding,) = bind(tree, known=WORLD)

    assert plan is None
    assert finding.name == name
    assert render(finding) + "\n" == message


def test_every_heading_has_its_script_and_message() -> None:
    headings = re.findall(r"^### (.*)$", section(), re.MULTILINE)

    assert headings == [entry[0] for entry in ENTRIES]
    assert headings == sorted(set(headings))


def test_exactly_the_diagnostics_that_are_tested_are_documented() -> None:
    files = sorted(Path(__file__).parent.glob("*.txsh"))
    tested = {name for path in files for chunk in read_chunks(path) for _, name, _ in chunk.expected}

    assert tested == {entry[0] for entry in ENTRIES}


def test_every_name_in_the_checkers_source_is_documented() -> None:
    folders = [Path(__file__).parents[2] / "txsh" / folder for folder in ("check", "actions")]
    sources = "".join(path.read_text() for folder in folders for path in sorted(folder.glob("*.py")))
    written = set(re.findall(r'(?:Diagnostic|_taken)\(\s*"([a-z-]+)"', sources))

    assert written
    assert written <= {entry[0] for entry in ENTRIES}
