"""The parser's script file: every mistake is found on its line, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chunk import Chunk, differences, read_chunks
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

CHUNKS = list(read_chunks(Path(__file__).with_name("errors.txsh")))


@pytest.mark.parametrize("chunk", CHUNKS, ids=[chunk.name for chunk in CHUNKS])
def test_a_chunk_has_exactly_the_mistakes_that_are_marked(chunk: Chunk) -> None:
    _, mistakes = parse(Source(chunk.name, chunk.text))

    assert differences(chunk, mistakes) == []


def test_there_are_chunks() -> None:
    assert len(CHUNKS) > 8
