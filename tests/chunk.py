"""Script files made of chunks, with the diagnostics that must come written on the lines where they belong.

Chunks are split by ``---``. A line that must be refused ends with ``#~ name "text"`` for each diagnostic that begins
there; the text must be part of the message, its label or its help.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from txsh.syntax.diagnostic import Diagnostic

_MARK = re.compile(r'#~ (?P<name>[a-z-]+) "(?P<text>[^"]*)"')


class Chunk(NamedTuple):
    """One script of a file: `name` says where it is, `expected` what must be found, by line from 1."""

    name: str
    text: str
    expected: list[tuple[int, str, str]]


def read_chunks(path: Path) -> Iterator[Chunk]:
    """The chunks of a file."""
    first = 1
    for text in re.split(r"^---\n", path.read_text(), flags=re.MULTILINE):
        lines = text.splitlines()
        expected = [
            (number, mark["name"], mark["text"])
            for number, line in enumerate(lines, start=1)
            for mark in _MARK.finditer(line)
        ]
        yield Chunk(f"{path.stem}:{first}", text, expected)
        first += len(lines) + 1


def differences(chunk: Chunk, findings: Iterable[Diagnostic]) -> list[str]:
    """What was expected and did not come, and what came and was not expected."""
    missing = list(chunk.expected)
    extra = []
    for finding in findings:
        line, _ = finding.span.source.position(finding.span.start)
        said = " ".join(filter(None, (finding.message, finding.label, finding.help)))
        match = next((item for item in missing if item[:2] == (line, finding.name) and item[2] in said), None)
        if match is None:
            extra.append(f"not expected, line {line}: {finding.name} {said!r}")
        else:
            missing.remove(match)
    return extra + [f"missing, line {line}: {name} {text!r}" for line, name, text in missing]
