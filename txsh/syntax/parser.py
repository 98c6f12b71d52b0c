"""Text to tree: drives the tables that Lark made of the grammar, keeps spans, and goes on after a mistake.

Knows no verb. What a mistake is called and what to do about it is worded in `mistake`, imported only when there is one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from txsh.syntax.build import BUILDERS, Key
from txsh.syntax.source import Span
from txsh.syntax.tables import END_STATE, KEYWORDS, OBJECT_PATTERN, PATTERN, PUNCTUATION, ROWS, RULES
from txsh.syntax.tree import Comment, Script, Word
from txsh.syntax.word import read_word

from txsh.syntax.diagnostic import Diagnostic

if TYPE_CHECKING:
    from txsh.syntax.source import Source


def parse(source: Source) -> tuple[Script, list[Diagnostic]]:
    """The tree of a text, and every mistake found in it; statements with a mistake are left out of the tree."""
    parser = Parser(source)
    parser.run()
    return Script(source, parser.statements, tuple(parser.comments)), parser.diagnostics


class Parser:
    """One pass over one text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.statements: tuple[Any, ...] = ()
        self.comments: list[Comment] = []
        self.diagnostics: list[Diagnostic] = []
        self.states = [0]
        self.values: list[Any] = []
        self.offset = 0
        self._scan = re.compile(PATTERN).match
        self.start = 0

    def run(self) -> None:
        """Reads to the end of the text."""
        while True:
            row = ROWS[self.states[-1]]
            kind, lexeme = self.next_token(row)
            if not self.take(kind, lexeme):
                here = Span(self.source, self.start, max(self.offset, self.start))
                self.diagnostics.append(Diagnostic("unexpected", f"unexpected {lexeme!r}", here))
                return
            if self.states[-1] == END_STATE:
                self.statements = self.values[0]
                return

    def next_token(self, row: dict[str, int]) -> tuple[str, str]:
        text = self.source.text
        while True:
            scan = re.compile(OBJECT_PATTERN).match if "JSON_KEY" in row else self._scan
            match = scan(text, self.offset)
            if match is None:
                return "", ""
            kind: str = match.lastgroup
            self.start = match.start(kind)
            self.offset = match.end()
            lexeme = match[kind]
            if kind == "WORD":
                keyword = KEYWORDS.get(lexeme)
                if keyword in row:
                    kind = keyword
            elif kind == "PUNCTUATION":
                kind = PUNCTUATION[lexeme]
            elif kind == "COMMENT":
                self.comments.append(Comment(lexeme, Span(self.source, self.start, self.offset)))
                continue
            elif kind == "CONTINUATION":
                continue
            elif kind == "END":
                kind = "$END"
            return kind, lexeme

    def take(self, kind: str, lexeme: str) -> bool:
        states, values = self.states, self.values
        while True:
            action = ROWS[states[-1]].get(kind)
            if action is None:
                return False
            if action >= 0:
                states.append(action)
                values.append(self.value(kind, lexeme))
                return True
            origin, size, is_node = RULES[-1 - action]
            if size != 1 or is_node:
                found: list[Any] = []
                if size:
                    for value in values[-size:]:
                        if type(value) is list:
                            found += value
                        elif value is not None:
                            found.append(value)
                    del values[-size:]
                    del states[-size:]
                values.append(BUILDERS[origin](found) if is_node else found)
            else:
                states.pop()
            states.append(ROWS[states[-1]][origin])
            if states[-1] == END_STATE:
                return True

    def value(self, kind: str, lexeme: str) -> Any:
        if kind == "WORD":
            return read_word(self.source, lexeme, self.start)
        if kind == "KEY":
            return Key(lexeme[:-1], Span(self.source, self.start, self.offset - 1))
        if kind == "JSON_KEY":
            quoted = lexeme[:-1].rstrip()
            return read_word(self.source, quoted, self.start)
        if kind in ("NEWLINE", "SEMICOLON", "COMMA"):
            return None
        return Word(lexeme, (), Span(self.source, self.start, self.offset))
