"""The whole text of every diagnostic of a run, as its documentation shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.session.play import play_named
from txsh.report.diagnostic import render

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "diagnostics.md"
SECTION = re.compile(r"^## Running\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(
    r"^### (?P<name>\S+)\n\n(?P<text>.+?)\n\n```text\n(?P<script>.*?)```\n\n```text\n(?P<message>.*?)```$",
    re.MULTILINE | re.DOTALL,
)
UNSHOWN = {
    "job-kept",  # it takes a QEMU of somebody else
    "job-cancelled",  # these two take another client of the same QEMU
    "left-behind",
    "backup-in-iothread",  # these take an iothread, and each its version of QEMU
    "export-in-iothread",
    "rollback-in-iothread",
    "no-guest",  # only qemu-storage-daemon has none
    "not-in-group",  # no verb is such an action yet
    "not-simulated",  # what has no model today may have one tomorrow
}


def section() -> str:
    found = SECTION.search(DOCUMENT.read_text())
    assert found is not None
    return found[1]


HEADINGS = re.findall(r"^### (.*)$", section(), re.MULTILINE)
ENTRIES = [
    (entry["name"], entry["script"], entry["message"])
    for part in re.split(r"(?=^### )", section(), flags=re.MULTILINE)
    for entry in ENTRY.finditer(part)
]


@pytest.mark.parametrize(("name", "script", "message"), ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_the_documented_script_gives_the_documented_message(name: str, script: str, message: str) -> None:
    trace = play_named(script, "example.txsh")

    first = trace.diagnostics[0]
    assert first.name == name
    assert render(first) + "\n" == message
    assert trace.verdict.word == ("passed" if first.severity == "warning" else "failed")


def test_headings_are_in_order_and_have_their_example() -> None:
    assert sorted(set(HEADINGS)) == HEADINGS
    assert set(HEADINGS) - {entry[0] for entry in ENTRIES} == UNSHOWN


def test_every_name_in_the_source_is_documented() -> None:
    session = "".join(path.read_text() for path in sorted((ROOT / "txsh" / "session").rglob("*.py")))
    group = (ROOT / "txsh" / "group" / "rules.py").read_text()
    calls = r'(?:Diagnostic|refused_here|_report_job|_report_left)\((?:session, )?\s*"([a-z-]+)"'
    written = set(re.findall(calls, session)) | set(re.findall(r'Objection\(\s*"([a-z-]+)"', group))

    assert "refused" in set(HEADINGS)
    assert len(written) > len(UNSHOWN)
    assert written <= set(HEADINGS)
