"""The grammar, and what is made of it."""

from __future__ import annotations

import ast
import subprocess
import sys

from txsh.actions.registry import ACTIONS, STATEMENTS
from txsh.syntax import generate, grammar


def test_lark_compiles_the_grammar_strictly() -> None:
    lark = generate.compile_grammar()

    assert lark.options.strict
    assert lark.options.parser == "lalr"


def test_the_shipped_tables_are_current() -> None:
    assert generate.TABLES.read_text() == generate.tables()


def test_the_tables_are_the_same_in_every_process() -> None:
    program = "from txsh.syntax.generate import tables; print(tables(), end='')"
    seeds = ("1", "2")

    made = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in seeds
    }

    assert made == {generate.tables().encode()}


def test_the_grammar_knows_no_verb_but_transaction() -> None:
    rules = [line for line in grammar.text().splitlines() if not line.startswith("//")]
    words = set(" ".join(rules).replace('"', " ").split())

    assert words & {*STATEMENTS, *ACTIONS} <= {"transaction"}


def test_the_tables_import_nothing() -> None:
    modules = [
        node
        for node in ast.walk(ast.parse(generate.TABLES.read_text()))
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__")
    ]

    assert modules == []


def test_a_parse_imports_neither_lark_nor_typing_nor_what_words_mistakes() -> None:
    program = """
import sys
from txsh.syntax.parser import parse
from txsh.syntax.source import Source
parse(Source("", 'transaction cancel=all < backup "drive0".b0 from=[a, {"b": c}] > fails "x" # note'))
print(*sorted(sys.modules))
"""
    loaded = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, check=True, text=True)

    unwanted = {"lark", "typing", "dataclasses", "asyncio", "txsh.syntax.mistake", "txsh.syntax.recovery"}
    assert unwanted.isdisjoint(loaded.stdout.split())
