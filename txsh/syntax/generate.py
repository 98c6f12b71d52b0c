"""Makes ``tables.py`` from the grammar: ``python -m txsh.syntax.generate``. The only file here that imports Lark.

Lark compiles the grammar, strictly; what is written out are its LALR rows and its terminals as two regular expressions.
"""

from __future__ import annotations

from pathlib import Path

from lark import Lark

from txsh.syntax import grammar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lark.grammar import Rule
    from lark.lexer import TerminalDef

TABLES = Path(__file__).with_name("tables.py")

_HEAD = '''"""The tables that Lark compiled of grammar/txsh.lark: made by ``txsh.syntax.generate``, not by hand."""

from __future__ import annotations
'''


def compile_grammar() -> Lark:
    """The grammar as Lark compiles it, the judge over the tables."""
    return Lark(grammar.text(), parser="lalr", lexer="contextual", strict=True, start="script", keep_all_tokens=True)


def tables() -> str:
    """The text that ``tables.py`` must have."""
    lark = compile_grammar()
    parse_table: Any = lark.parser.parser._parse_table  # noqa: SLF001  # Lark has no public way to its rows
    numbers = _numbers(parse_table)
    rules = {rule: number for number, rule in enumerate(lark.rules)}
    rows: list[str] = [""] * len(numbers)
    for state, row in parse_table.states.items():
        cells = {
            name: numbers[target] if action.name == "Shift" else -1 - rules[target]
            for name, (action, target) in row.items()
        }
        rows[numbers[state]] = repr(dict(sorted(cells.items())))
    keywords, punctuation, named = _sorted_terminals(lark)
    shapes = [(str(rule.origin.name), len(rule.expansion), _is_node(rule)) for rule in lark.rules]
    lines = [
        _HEAD,
        f"END_STATE = {numbers[parse_table.end_states['script']]}",
        f"KEYWORDS = {keywords!r}",
        f"PUNCTUATION = {punctuation!r}",
        f"PATTERN = {_pattern(named, punctuation, without='JSON_KEY')!r}",
        f"OBJECT_PATTERN = {_pattern(named, punctuation)!r}",
        "RULES = (",
        *(f"    {shape!r}," for shape in shapes),
        ")",
        "ROWS: tuple[dict[str, int], ...] = (",
        *(f"    {row}," for row in rows),
        ")",
    ]
    return "\n".join(lines) + "\n"


def _is_node(rule: Rule) -> bool:
    """Whether a rule makes a node of the tree; what others matched joins the node around them."""
    return not rule.origin.name.startswith("_") and not rule.options.expand1


def _numbers(parse_table: Any) -> dict[int, int]:
    """New numbers for Lark's states, in the order in which they are reached: Lark's own differ from run to run."""
    start = parse_table.start_states["script"]
    order = {start: 0}
    waiting = [start]
    for state in waiting:
        for _, (action, target) in sorted(parse_table.states[state].items()):
            if action.name == "Shift" and target not in order:
                order[target] = len(order)
                waiting.append(target)
    return order


def _sorted_terminals(lark: Lark) -> tuple[dict[str, str], dict[str, str], list[TerminalDef]]:
    """Keywords and punctuation by their text, and the other terminals in the order in which Lark tries them."""
    keywords: dict[str, str] = {}
    punctuation: dict[str, str] = {}
    named = []
    for terminal in lark.terminals:
        value = terminal.pattern.value
        if terminal.pattern.type == "str":
            punctuation[value] = terminal.name
        elif value.startswith(f"{terminal.name.lower()}(?="):
            # Whatever matches it matches WORD as well, so the driver looks at words only.
            keywords[terminal.name.lower()] = terminal.name
        else:
            named.append(terminal)
    named.sort(key=lambda it: (-it.priority, -it.pattern.max_width, -len(it.pattern.value), it.name))
    return keywords, punctuation, named


def _pattern(named: list[TerminalDef], punctuation: dict[str, str], *, without: str = "") -> str:
    """One expression for the next token, with the blanks before it; punctuation is one group of single characters."""
    blank = next(terminal for terminal in named if terminal.name == "BLANK")
    groups = [
        f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})"
        for terminal in named
        if terminal is not blank and terminal.name != without
    ]
    marks = "".join("\\" + mark for mark in sorted(punctuation))
    groups += [f"(?P<PUNCTUATION>[{marks}])", r"(?P<END>\Z)"]
    return f"(?:{blank.pattern.to_regexp()})?(?:{'|'.join(groups)})"


if __name__ == "__main__":
    TABLES.write_text(tables(), encoding="utf-8")
