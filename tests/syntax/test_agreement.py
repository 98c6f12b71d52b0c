"""The driver over the generated tables says what Lark says of the grammar."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from lark import UnexpectedInput

from tests.syntax import text as texts
from tests.syntax.shape import shape_of_lark, shape_of_script
from txsh.syntax.generate import compile_grammar
from txsh.syntax.parser import NESTING_MAX, Parser, parse
from txsh.syntax.source import Source
from txsh.syntax.tree import Script

if TYPE_CHECKING:
    from lark import Lark

    from tests.syntax.shape import Shape

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").glob("**/*.txsh"))


@cache
def judge() -> Lark:
    return compile_grammar()


def lark_says(text: str) -> list[Shape] | None:
    """The tree in one form; None when the grammar refuses the text."""
    try:
        return shape_of_lark(judge().parse(text))
    except UnexpectedInput:
        return None


def txsh_says(text: str) -> list[Shape] | None:
    parser = Parser(Source("generated", text))
    parser.read()
    statements = parser.finish()
    return None if parser.diagnostics else shape_of_script(Script(parser.source, statements, ()))


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.name for path in SCRIPTS])
def test_a_script_has_lark_s_tree(path: Path) -> None:
    text = path.read_text()

    assert txsh_says(text) == lark_says(text) is not None


@settings(max_examples=100, deadline=None)
@given(texts.scripts())
def test_a_generated_script_has_lark_s_tree_and_no_mistake(text: str) -> None:
    script, mistakes = parse(Source("generated", text))

    assert mistakes == []
    assert shape_of_script(script) == lark_says(text)


@given(texts.spoilt_scripts())
@settings(max_examples=300, deadline=None)
def test_a_spoilt_script_is_refused_as_lark_refuses_it(text: str) -> None:
    assert txsh_says(text) == lark_says(text)


@given(texts.soup)
@settings(max_examples=300, deadline=None)
@example("transaction < a > failsfails")
@example("transaction fails < a >")
@example("transaction a fails < b >")
@example("a k=b=c")
@example('a "b" :c')
@example('a {"b" :c}')
@example("a [fails, transaction, fails]")
def test_pieces_in_any_order_are_judged_as_lark_judges_them(text: str) -> None:
    assert txsh_says(text) == lark_says(text)


def test_only_nesting_is_judged_more_strictly() -> None:
    deep = "a " + "[" * NESTING_MAX + "]" * NESTING_MAX
    deeper = "a " + "[" * (NESTING_MAX + 1) + "]" * (NESTING_MAX + 1)

    assert txsh_says(deep) == lark_says(deep) is not None
    assert txsh_says(deeper) is None
    assert lark_says(deeper) is not None
