"""The whole text of every diagnostic of the parser, as its documentation shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.chunk import read_chunks
from txsh.report.diagnostic import render
from txsh.syntax import misspelling, mistake
from txsh.syntax.parser import parse
from txsh.syntax.source import Source, source_from_bytes

DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnostics.md"
SECTION = re.compile(r"^## Syntax\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(
    r"^### (?P<name>\S+)\n\n(?P<text>(?:(?!```).)+)\n\n(?:```text\n(?P<script>(?:(?!```).)*)```\n\n)?"
    r"```text\n(?P<message>(?:(?!```).)*)```$",
    re.MULTILINE | re.DOTALL,
)
UNPRINTABLE = {
    "control-character": b"echo a\x1b[2Jb\n",
    "hidden-character": "drive drive\u200b0 64M\n".encode(),
    "not-utf-8": b"drive caf\xe9 64M\n",
    "unfinished-line": b"backup drive0 \\",
}
"""Scripts that a page cannot show: they have no printable text, or no line end."""


def section() -> str:
    found = SECTION.search(DOCUMENT.read_text())
    assert found is not None
    return found[1]


ENTRIES = [(entry["name"], entry["script"], entry["message"]) for entry in ENTRY.finditer(section())]


@pytest.mark.parametrize(("name", "script", "message"), ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_the_documented_script_gives_the_documented_message(name: str, script: str | None, message: str) -> None:
    data = UNPRINTABLE[name] if script is None else script.encode()

    source = source_from_bytes("example.txsh", data)
    mistakes = parse(source)[1] if isinstance(source, Source) else [source]

    assert [found.name for found in mistakes] == [name]
    assert render(mistakes[0]) + "\n" == message


def test_every_heading_has_its_script_and_message() -> None:
    headings = re.findall(r"^### (.*)$", section(), re.MULTILINE)

    assert headings == [entry[0] for entry in ENTRIES]
    assert headings == sorted(set(headings))
    assert {name for name, script, _ in ENTRIES if script is None} == set(UNPRINTABLE)


def test_every_name_in_the_parser_s_source_is_documented() -> None:
    sources = "".join(Path(module.__file__ or "").read_text() for module in (mistake, misspelling))
    written = set(re.findall(r'(?:Diagnostic|as_diagnostic)\(\s*"([a-z-]+)"', sources))
    written |= {objection[0] for objection in mistake.OBJECTIONS.values()} | set(mistake.UNCLOSED.values())

    assert written == {entry[0] for entry in ENTRIES}


def test_every_name_in_the_script_file_is_documented() -> None:
    chunks = read_chunks(Path(__file__).with_name("errors.txsh"))
    tested = {name for chunk in chunks for _, name, _ in chunk.expected}

    assert tested <= {entry[0] for entry in ENTRIES}
