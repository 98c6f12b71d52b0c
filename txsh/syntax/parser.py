"""Text to tree: drives the tables that Lark made of the grammar, keeps spans, and goes on after a mistake.

Knows no verb. What a mistake is called and what to do about it is worded in `mistake`, and how to go on after it is
known to `recovery`; both are imported only when there is a mistake.
"""

from __future__ import annotations

import re

from txsh.syntax.build import BUILDERS, Mark
from txsh.syntax.source import Source, Span
from txsh.syntax.tables import END_STATE, KEYWORDS, OBJECT_PATTERN, PATTERN, PUNCTUATION, ROWS, RULES
from txsh.syntax.tree import Comment, Script
from txsh.syntax.word import has_lone_surrogate, read_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.syntax.build import Objections
    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.tree import LeftOut, Statement

NESTING_MAX = 50
"""How deep lists and objects may stand in each other: enough for QMP, and no stack overflows."""

UNFINISHED = frozenset({"unclosed-block", "unclosed-list", "unclosed-object", "unfinished-line"})
"""The mistakes that more text can mend when they are found at the end of a text."""

_OPENING = frozenset({"LSQB", "LBRACE"})
_SEPARATORS = frozenset({"NEWLINE", "SEMICOLON", "COMMA"})


def parse(source: Source) -> tuple[Script, list[Diagnostic]]:
    """The tree of a text, and every mistake found in it in the order of the text; never raises.

    A statement that the grammar refuses is left out of the tree.
    """
    parser = Parser(source)
    parser.read()
    statements = parser.finish()
    diagnostics = parser.diagnostics
    if parser.objections:
        from txsh.syntax.mistake import explain_objection  # noqa: PLC0415  # a correct script never needs it

        diagnostics += [explain_objection(name, span) for name, span in parser.objections]
        diagnostics.sort(key=lambda found: found.span.start)
    return Script(source, statements, tuple(parser.comments), tuple(parser.left_out)), diagnostics


def is_incomplete(text: str) -> bool:
    """Whether the only mistake of a text is that it ends too early, so that a prompt asks for another line."""
    if not text.endswith("\\"):
        text += "\n"
    _, diagnostics = parse(Source("", text))
    return bool(diagnostics) and all(
        found.name in UNFINISHED and found.span.start == len(text) for found in diagnostics
    )


def expected(text: str) -> frozenset[str]:
    """The names of the terminals that the grammar allows after a text; none when its last statement has a mistake."""
    from txsh.syntax.recovery import acceptable  # noqa: PLC0415  # only completion needs it

    parser = Parser(Source("", text))
    parser.read()
    return frozenset() if parser.is_cut_short else acceptable(parser)


class Parser:
    """One pass over one text, in the hands of `parse`, `recovery` and `mistake`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.comments: list[Comment] = []
        self.diagnostics: list[Diagnostic] = []
        self.left_out: list[LeftOut] = []
        self.objections: Objections = []
        """What the grammar lets through and the language does not."""
        self.states = [0]
        """Where it stands in the tables; always one state more than there are values."""
        self.values: list[Any] = []
        """What became of the parts of rules that are not complete yet."""
        self.start = 0
        """Where the last token starts."""
        self.end = 0
        """Where the last token ends, and the next may start."""
        self.lexeme = ""
        """The text of the last token."""
        self.is_cut_short = False
        """Whether the statement at the end of the text has a mistake."""
        self._match = re.compile(PATTERN).match

    def read(self) -> None:
        """Takes every token but the end of the text."""
        while (kind := self.next_token()) != "$END":
            if not self.take(kind):
                self.recover(kind)

    def finish(self) -> tuple[Statement, ...]:
        """Takes the end of the text; the statements without a mistake."""
        if not self.take("$END"):
            self.recover("$END")
            self.take("$END")
        statements: tuple[Statement, ...] = self.values[0]
        return statements

    def next_token(self) -> str:
        """The kind of the next token, with `start`, `end` and `lexeme` set; empty when no token can start there."""
        row = ROWS[self.states[-1]]
        match_token = re.compile(OBJECT_PATTERN).match if "JSON_KEY" in row else self._match
        text = self.source.text
        while True:
            match = match_token(text, self.end)
            if match is None:
                self._stand_before_no_token()
                return ""
            kind = match.lastgroup or ""
            self.start, self.end = match.span(kind)
            lexeme = self.lexeme = match[kind]
            if kind == "WORD":
                return KEYWORDS[lexeme] if lexeme in KEYWORDS and KEYWORDS[lexeme] in row else kind
            if kind == "PUNCTUATION":
                return PUNCTUATION[lexeme]
            if kind == "COMMENT":
                self.comments.append(Comment(lexeme, Span(self.source, self.start, self.end)))
            elif kind == "END":
                return "$END"
            elif kind != "CONTINUATION":
                return kind

    def take(self, kind: str) -> bool:  # noqa: C901  # one loop, unrolled where most of the time goes
        """Moves over one token, reducing what it completes; False when it may not stand here."""
        states, values = self.states, self.values
        while (action := ROWS[states[-1]].get(kind)) is not None:
            if action >= 0:
                if kind in _OPENING and self._is_too_deep():
                    return False
                states.append(action)
                values.append(self._value(kind))
                return True
            origin, size, is_node = RULES[-1 - action]
            if is_node or size != 1:
                # A rule without a node of its own leaves a list, which grows in place and joins the node around it.
                found: list[Any] = []
                if size:
                    first = values[-size]
                    if type(first) is list:
                        found = first
                    elif first is not None:
                        found.append(first)
                    if size > 1:
                        for value in values[1 - size :]:
                            if type(value) is list:
                                found += value
                            elif value is not None:
                                found.append(value)
                    del values[-size:]
                    del states[-size:]
                values.append(BUILDERS[origin](found, self.objections) if is_node else found)
            else:
                states.pop()
            states.append(ROWS[states[-1]][origin])
            if states[-1] == END_STATE:
                return True
        return False

    def recover(self, kind: str) -> None:
        """Reports the token that may not stand here, and goes on at the next statement."""
        from txsh.syntax.mistake import Mistake, explain  # noqa: PLC0415  # a correct script never needs it
        from txsh.syntax.recovery import first_word, is_in_block, skip_statement  # noqa: PLC0415  # the same
        from txsh.syntax.tree import LeftOut  # noqa: PLC0415  # the same

        mistake = Mistake.of(self, kind)
        word, in_block = first_word(self, kind), is_in_block(self)
        is_closed = skip_statement(self, kind)
        found = explain(mistake, is_closed=is_closed)
        self.diagnostics.append(found)
        if word is not None:
            verb, place = word
            span = Span(self.source, place.start, max(self.end, found.span.end))
            self.left_out.append(LeftOut(verb, place, in_block, span, found))

    def _value(self, kind: str) -> Any:
        """What a token leaves for the builders."""
        lexeme = self.lexeme
        if kind in _SEPARATORS:
            return None
        if not lexeme.isascii():
            self._object_to_letters()
        if kind in ("WORD", "JSON_KEY"):
            if "\\u" in lexeme and has_lone_surrogate(lexeme):
                self.objections.append(("half-letter", Span(self.source, self.start, self.end)))
            return read_word(self.source, lexeme.rstrip(" \t:") if kind == "JSON_KEY" else lexeme, self.start)
        return Mark(kind, lexeme.rstrip("="), Span(self.source, self.start, self.end))

    def _object_to_letters(self) -> None:
        """Objects to letters of a word that nobody can see or send."""
        from txsh.syntax.letter import hidden_letters  # noqa: PLC0415  # few scripts leave ASCII

        self.objections += hidden_letters(self.source, self.start, self.end)

    def _is_too_deep(self) -> bool:
        if len(self.values) < NESTING_MAX:
            return False
        return sum(type(value) is Mark and value.kind in _OPENING for value in self.values) >= NESTING_MAX

    def _stand_before_no_token(self) -> None:
        """Sets `start` to what no token matches, and `end` behind its first letter, so that reading goes on."""
        text = self.source.text
        self.start = self.end
        while text[self.start] in " \t":
            self.start += 1
        self.end = self.start + 1
        self.lexeme = text[self.start]
