"""The checker's script files: every mistake is found on its line, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chunk import Chunk, differences, read_chunks
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

WORLD = Known(nodes=frozenset({"drive0", "drive1"}), version=(7, 2))
CHUNKS = [chunk for path in sorted(Path(__file__).parent.glob("*.txsh")) for chunk in read_chunks(path)]


@pytest.mark.parametrize("chunk", CHUNKS, ids=[chunk.name for chunk in CHUNKS])
def test_a_chunk_has_exactly_the_mistakes_that_are_marked(chunk: Chunk) -> None:
    script, mistakes = parse(Source(chunk.name, chunk.text))
    assert mistakes == []

    plan, findings = bind(script, known=WORLD)

    assert differences(chunk, findings) == []
    assert (plan is None) == bool(chunk.expected)


def test_there_are_chunks() -> None:
    assert len(CHUNKS) > 10
