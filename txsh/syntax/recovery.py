"""How the parser goes on after a mistake: it leaves the statement, and takes up the next one.

Words nothing and reports nothing. Also answers what may come next, by trying it on a copy of the states.
"""

from __future__ import annotations

from txsh.syntax.build import Mark, object_to_statements
from txsh.syntax.letter import end_of_piece
from txsh.syntax.tables import END_STATE, ROWS, RULES
from txsh.syntax.tree import Call, Transaction, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.syntax.parser import Parser
    from txsh.syntax.source import Span
    from txsh.syntax.tree import Statement

_LOOK_AHEAD_TOKENS = 200
"""How far a bracket is looked for, so that many open brackets do not make a long text slow."""

_LISTS = {"LSQB": 1, "LBRACE": 1, "RSQB": -1, "RBRACE": -1}
_BLOCKS = {"LESSTHAN": 1, "MORETHAN": -1}
_BRACKETS = _LISTS | _BLOCKS
_STATEMENTS = (Call, Transaction)
_ENDS_IN_LISTS = frozenset({"SEMICOLON", "MORETHAN", "$END"})
"""What never stands in a list, so that the list was left open."""


def skip_statement(parser: Parser, kind: str) -> bool:
    """Forgets the statement that a token may not stand in, and stops before what ends it.

    Args:
        parser: standing behind that token.
        kind: the token's terminal; empty for letters that are no token.

    Returns:
        Whether the lists that were open there are closed later. If not, reading goes on at the next line.
    """
    line_start = _line_start(parser)
    depth = _leave_statement(parser, to_the_outermost=kind == "$END")
    if kind == "NEWLINE" and _is_before_block(parser):
        kind = parser.next_token()
    if kind in _ENDS_IN_LISTS:
        is_closed, depth = depth == 0, 0
    else:
        is_closed = True
    return _skip_tokens(parser, kind, depth, line_start) and is_closed


def first_word(parser: Parser, kind: str) -> tuple[str, Span] | None:
    """The word that the statement begins with which a token may not stand in, and its place; None when it is no word.

    Args:
        parser: standing behind that token, not gone on yet.
        kind: the token's terminal. The end of the text is no mistake of the statement before it.
    """
    if kind == "$END":
        return None
    first = len(parser.values)
    while "statement" not in ROWS[parser.states[first]]:
        first -= 1
    begun = parser.values[first] if first < len(parser.values) else None
    if type(begun) is list and begun:
        begun = begun[-1]
    if isinstance(begun, Call):
        # It is complete, and the token follows it on its line.
        between = parser.source.text[begun.span.end : parser.start]
        return None if between.strip(" \t") else (begun.verb, begun.verb_span)
    return (begun.text, begun.span) if isinstance(begun, Word) else None


def acceptable(parser: Parser) -> frozenset[str]:
    """The terminals that may come next."""
    names = {name for name in ROWS[parser.states[-1]] if name.isupper() and _is_acceptable(parser.states, name)}
    if is_in_block(parser):
        # The grammar lets them through here, for the sake of better messages.
        names -= {"FAILS", "TRANSACTION"}
    return frozenset(names)


def is_in_block(parser: Parser) -> bool:
    """Whether the parser stands in a transaction."""
    return _open_blocks(parser) > 0


def _open_blocks(parser: Parser) -> int:
    return sum(_BLOCKS.get(value.kind, 0) for value in parser.values if type(value) is Mark)


def _is_acceptable(states: Iterable[int], kind: str) -> bool:
    """Whether a terminal may come next: a row alone may promise more, because Lark merges states."""
    states = list(states)
    while (action := ROWS[states[-1]].get(kind)) is not None:
        if action >= 0:
            return True
        origin, size, _ = RULES[-1 - action]
        if size:
            del states[-size:]
        states.append(ROWS[states[-1]][origin])
        if states[-1] == END_STATE:
            return True
    return False


def _line_start(parser: Parser) -> int | None:
    """Where the line ends before the last token, when that token is the first of its line."""
    text = parser.source.text
    newline = text.rfind("\n", 0, parser.start)
    return newline if newline >= 0 and text[newline : parser.start].isspace() else None


def _is_before_block(parser: Parser) -> bool:
    """Whether the next line starts with the ``<`` that belonged on this one; then it is the next token."""
    text = parser.source.text
    offset = parser.end
    while offset < len(text) and text[offset] in " \t\r\n":
        offset += 1
    if not text.startswith("<", offset):
        return False
    parser.end = offset
    return True


def _leave_statement(parser: Parser, *, to_the_outermost: bool) -> int:
    """Goes back to where the statement started, keeping those before it; the number of lists left open in it."""
    states, values = parser.states, parser.values
    open_lists = 0
    open_blocks = _open_blocks(parser) if to_the_outermost else 0
    kept: list[Statement] = []
    while open_blocks or "statement" not in ROWS[states[-1]]:
        states.pop()
        value = values.pop()
        if type(value) is Mark:
            open_lists += _LISTS.get(value.kind, 0)
            # A block that is complete already is left together with its transaction.
            open_blocks -= _BLOCKS.get(value.kind, 0)
            if value.kind == "LESSTHAN":
                object_to_statements(kept, parser.objections)
                kept = []
        elif type(value) is list and value and type(value[0]) in _STATEMENTS:
            kept[:0] = value
        elif type(value) in _STATEMENTS:
            kept.insert(0, value)
    if kept:
        states.append(ROWS[states[-1]]["statement"])
        values.append(kept)
    return open_lists


def _skip_tokens(parser: Parser, kind: str, depth: int, line_start: int | None) -> bool:
    """Stops before the end of the statement; whether every bracket in it was closed."""
    in_block = is_in_block(parser)
    resume = line_start if depth else None
    for _ in range(_LOOK_AHEAD_TOKENS):
        if kind == "$END":
            break
        if depth == 0 and (kind in ("NEWLINE", "SEMICOLON") or (in_block and kind == "MORETHAN")):
            parser.end = parser.start
            return True
        if kind == "NEWLINE" and resume is None:
            resume = parser.start
        if not kind:
            parser.end = end_of_piece(parser.source.text, parser.start)
        depth = max(0, depth + _BRACKETS.get(kind, 0))
        kind = parser.next_token()
    if depth and resume is not None:
        parser.end = resume
        while parser.comments and parser.comments[-1].span.end > resume:
            parser.comments.pop()
        return False
    parser.end = parser.start
    parser.is_cut_short = True
    return depth == 0
