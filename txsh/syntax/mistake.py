"""What a mistake in a text is called, and what to do about it. Imported only when there is one.

The parser says where the tables had no way on; the wording is found from the token, from the brackets and keywords that
are open there, and from the letters around it. Every name here has its paragraph in ``docs/diagnostics.md``.
"""

from __future__ import annotations

from txsh.syntax.build import Block, Mark
from txsh.syntax.diagnostic import Diagnostic, Note
from txsh.syntax.letter import end_of_piece, name_of
from txsh.syntax.misspelling import explain_letters
from txsh.syntax.source import Span
from txsh.syntax.tables import ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from txsh.syntax.parser import Parser
else:
    from txsh.named import NamedTuple

UNCLOSED = {"LSQB": "unclosed-list", "LBRACE": "unclosed-object", "LESSTHAN": "unclosed-block"}
_THINGS = {"LSQB": "list", "LBRACE": "object", "LESSTHAN": "transaction"}
_CLOSING = {"LSQB": "]", "LBRACE": "}", "LESSTHAN": ">"}
_CLOSING_KINDS = {"LSQB": "RSQB", "LBRACE": "RBRACE", "LESSTHAN": "MORETHAN"}
_NEVER_IN_LISTS = frozenset({"$END", "SEMICOLON", "MORETHAN", "LESSTHAN"})
_VALUES = frozenset({"WORD", "FAILS", "KEY", "LSQB", "LBRACE"})


class Mistake(NamedTuple):
    """Where the parser stood when it had no way on.

    Args:
        kind: the terminal that may not stand here; empty for letters that are no token.
        span: the token.
        marks: the brackets and keywords that are open, outermost first.
        after_block: whether the block of the innermost transaction is complete.
        possible: the terminals that could have stood here, and perhaps some that could not.
    """

    kind: str
    span: Span
    marks: tuple[Mark, ...]
    after_block: bool
    possible: frozenset[str]

    @classmethod
    def of(cls, parser: Parser, kind: str) -> Mistake:
        """The mistake at the parser's last token, to be taken before the parser moves on."""
        values = parser.values
        return cls(
            kind,
            Span(parser.source, parser.start, parser.end),
            open_marks(values),
            bool(values)
            and (type(values[-1]) is Block or (type(values[-1]) is Mark and values[-1].kind == "MORETHAN")),
            frozenset(ROWS[parser.states[-1]]),
        )

    @property
    def innermost(self) -> Mark | None:
        """What was opened last and is still open."""
        return self.marks[-1] if self.marks else None

    def as_diagnostic(self, name: str, message: str, label: str | None = None, advice: str | None = None) -> Diagnostic:
        """The diagnostic at the token."""
        return Diagnostic(name, message, self.span, label, advice)


def open_marks(values: list[Any]) -> tuple[Mark, ...]:
    """The brackets and keywords that are still open; of a ``key=`` only one without its value."""
    marks: list[Mark] = []
    for value in values:
        if type(value) is not Mark or (value.kind == "KEY" and value is not values[-1]):
            continue
        if value.kind in _CLOSING_KINDS.values():
            marks.pop()
        else:
            marks.append(value)
    return tuple(marks)


def explain(mistake: Mistake, *, is_closed: bool) -> Diagnostic:
    """The diagnostic for a mistake.

    Args:
        mistake: where it is.
        is_closed: whether the lists and objects that were open there are closed later.
    """
    innermost = mistake.innermost.kind if mistake.innermost else ""
    if innermost in ("LSQB", "LBRACE"):
        return _explain_in_list(mistake, is_closed=is_closed)
    if not mistake.kind:
        return explain_letters(mistake.span.source, mistake.span.start)
    if innermost == "KEY":
        return _explain_no_value(mistake)
    if innermost == "FAILS" and mistake.kind in _VALUES:
        return mistake.as_diagnostic(
            "text-after-fails",
            f"{_shown(mistake)} stands after the description that 'fails' expects",
            "'fails' takes one description, or none",
            'a description with blanks is quoted: fails "Bitmap * not found"',
        )
    if innermost == "TRANSACTION":
        return _explain_in_transaction(mistake)
    return _explain_in_statement(mistake)


def explain_objection(objection: str, span: Span) -> Diagnostic:
    """The diagnostic for what the grammar lets through and the language does not."""
    name, message, label, advice = OBJECTIONS[objection]
    message = message.replace("{text}", span.text).replace("{letter}", name_of(span.text[0]))
    return Diagnostic(name, message, span, label, advice)


OBJECTIONS = {
    "half-letter": (
        "bad-escape",
        "{text} has half of a surrogate pair",
        "write both halves, or the letter itself",
        None,
    ),
    "hidden-letter": (
        "hidden-character",
        "a letter that cannot be seen stands in a word: {letter}",
        "remove it, or quote the word",
        None,
    ),
    "foreign-byte": ("not-utf-8", "this is not UTF-8", "save the text as UTF-8", None),
    "fails-in-block": (
        "misplaced-fails",
        "'fails' stands inside a transaction",
        "it belongs after the '>'",
        'QEMU refuses a transaction as a whole: transaction < ... > fails "DESCRIPTION"',
    ),
    "fails-first": (
        "misplaced-fails",
        "'fails' stands where a statement starts",
        "it belongs at the end of the line of what must be refused",
        'for example: bitmap-clear drive0.nope fails "Dirty bitmap * not found"',
    ),
    "quoted-verb": ("missing-verb", "a statement starts with {text}, which is quoted", "a verb is not quoted", None),
    "nested": (
        "nested-transaction",
        "a transaction stands inside a transaction",
        "close the outer one before it, with '>'",
        None,
    ),
}


def _explain_in_list(mistake: Mistake, *, is_closed: bool) -> Diagnostic:
    """A mistake between ``[ ]`` or between ``{ }``."""
    kind, opening = mistake.kind, mistake.marks[-1]
    wants_comma = "COMMA" in mistake.possible
    if kind in ("LSQB", "LBRACE") and not wants_comma and "LSQB" in mistake.possible:
        return mistake.as_diagnostic(
            "too-deep", "lists and objects stand too deeply in each other", "at most 50 levels"
        )
    if kind in _NEVER_IN_LISTS or (wants_comma and not is_closed and kind in _VALUES):
        return _explain_unclosed(mistake, opening)
    if not kind and not (wants_comma and mistake.span.text == '"'):
        return explain_letters(mistake.span.source, mistake.span.start)
    if kind in ("RSQB", "RBRACE") and kind != _CLOSING_KINDS[opening.kind]:
        closing = _CLOSING[opening.kind]
        found = mistake.as_diagnostic("stray-close", f"{_shown(mistake)} closes nothing here", f"expected '{closing}'")
        return found._replace(notes=(Note("what is open starts here", opening.span),))
    if kind in ("COMMA", "RSQB", "RBRACE"):
        if opening.kind == "LBRACE" and "JSON_KEY" not in mistake.possible:
            return mistake.as_diagnostic(
                "missing-value",
                f"a member of an object has no value before {_shown(mistake)}",
                "write it after the ':'",
            )
        return mistake.as_diagnostic(
            "stray-comma", f"a value is missing before {_shown(mistake)}", "commas stand between values only"
        )
    if wants_comma:
        if not kind:
            text = mistake.span.source.text
            mistake = mistake._replace(span=mistake.span._replace(end=end_of_piece(text, mistake.span.start)))
        return mistake.as_diagnostic(
            "missing-comma", f"a comma is missing before {_shown(mistake)}", "write ',' before it"
        )
    if opening.kind == "LSQB" or "JSON_KEY" not in mistake.possible:
        return mistake.as_diagnostic(
            "misplaced-option",
            f"the option {_shown(mistake)} stands where a value belongs",
            "only a statement has options",
        )
    return mistake.as_diagnostic(
        "missing-key",
        f"{_shown(mistake)} stands where the key of a member belongs",
        "a key is quoted and a ':' follows it",
        'an object is written {"key": value}',
    )


def _explain_unclosed(mistake: Mistake, opening: Mark) -> Diagnostic:
    closing = _CLOSING[opening.kind]
    thing = _THINGS[opening.kind]
    before = "before the end of the text" if mistake.kind == "$END" else f"before {_shown(mistake)}"
    found = mistake.as_diagnostic(UNCLOSED[opening.kind], f"the {thing} is not closed {before}", f"write '{closing}'")
    return found._replace(notes=(Note("it opens here", opening.span),))


def _explain_no_value(mistake: Mistake) -> Diagnostic:
    """What stands behind ``key=`` is no value."""
    key = mistake.marks[-1]
    if mistake.kind == "KEY":
        return mistake.as_diagnostic(
            "stray-equals", f"the value of '{key.text}' has a '=' in it", f'quote the value: {key.text}="..."'
        )
    return Diagnostic("missing-value", f"'{key.text}=' has no value", key.span, "write the value right after the '='")


def _explain_in_transaction(mistake: Mistake) -> Diagnostic:
    """A mistake between ``transaction`` and its end, outside its block."""
    if mistake.kind == "COMMA":
        return _explain_in_statement(mistake)
    if mistake.after_block:
        return mistake.as_diagnostic(
            "missing-separator",
            f"{_shown(mistake)} stands after the end of a transaction",
            "start a new line or write ';' before it; only 'fails' may follow '>'",
        )
    if mistake.kind in ("RSQB", "RBRACE"):
        return _explain_in_statement(mistake)
    keyword = mistake.marks[-1]
    return Diagnostic(
        "missing-block",
        f"'transaction' has no '<' before {_shown(mistake)}",
        keyword.span,
        "write its actions between '<' and '>'",
        "the '<' stands on the line of 'transaction': transaction < bitmap-clear drive0.b0 >",
    )


def _explain_in_statement(mistake: Mistake) -> Diagnostic:
    """A mistake where a statement or an argument belongs."""
    kind = mistake.kind
    if kind == "$END":
        return _explain_unclosed(mistake, next(mark for mark in reversed(mistake.marks) if mark.kind == "LESSTHAN"))
    if kind == "COMMA":
        return mistake.as_diagnostic(
            "stray-comma",
            "a comma stands outside a list",
            "arguments are separated by blanks",
            "a list is written [a, b]",
        )
    if kind in ("RSQB", "RBRACE", "MORETHAN"):
        return mistake.as_diagnostic("stray-close", f"{_shown(mistake)} closes nothing", "remove it, or quote it")
    if kind == "LESSTHAN":
        return mistake.as_diagnostic(
            "stray-open",
            "'<' stands where no transaction starts",
            "only 'transaction' opens a block",
            "transaction < bitmap-clear drive0.b0 >",
        )
    label = "write qmp {...}" if kind == "LBRACE" and not mistake.marks else "a statement starts with a verb"
    return mistake.as_diagnostic("missing-verb", f"{_shown(mistake)} stands where a statement starts", label)


def _shown(mistake: Mistake) -> str:
    """The token as a message names it."""
    if mistake.kind == "$END":
        return "the end of the text"
    if mistake.kind == "NEWLINE":
        return "the end of the line"
    text = mistake.span.text
    return text if text.startswith('"') else f"'{text}'"
