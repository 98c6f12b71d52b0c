"""The tree of a script as it was written. Knows no verb; every word is untyped until the binder reads it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.syntax.diagnostic import Diagnostic
    from txsh.syntax.source import Source, Span
else:
    from txsh.named import NamedTuple


class Part(NamedTuple):
    """A piece of a word between unquoted dots, with quotes and escapes resolved."""

    text: str
    quoted: bool
    span: Span


class Word(NamedTuple):
    """A bare or quoted word: ``drive1.b0``, ``64K``, ``"No space left"``, ``"my.node".b0``.

    Args:
        text: the whole word with quotes and escapes resolved, dots kept.
        parts: the same split at unquoted dots; one part when there are none.
    """

    text: str
    parts: tuple[Part, ...]
    span: Span

    @property
    def quoted(self) -> bool:
        """Whether any part of it stood in quotes (such a word is never a flag or a keyword)."""
        return any(part.quoted for part in self.parts)


class ListValue(NamedTuple):
    """``[a, b]``; may span lines."""

    items: tuple[Value, ...]
    span: Span


class ObjectValue(NamedTuple):
    """``{"key": value, ...}`` as in JSON; bare words are allowed as values."""

    members: tuple[tuple[Word, Value], ...]
    span: Span


Value = Word | ListValue | ObjectValue


class Option(NamedTuple):
    """``key=value``; the key may be dotted (``x-perf.max-chunk=1M``)."""

    key: str
    key_span: Span
    value: Value
    span: Span


Argument = Word | ListValue | ObjectValue | Option


class Fails(NamedTuple):
    """``fails "DESCRIPTION"`` after a statement; pattern None: any refusal will do. ``*`` matches anything."""

    pattern: Word | None
    span: Span


class Call(NamedTuple):
    """The use of a verb: an action in a transaction, or a statement of its own.

    Args:
        arguments: operands and options in the order written.
        fails: only on a statement, never inside a transaction.
    """

    verb: str
    verb_span: Span
    arguments: tuple[Argument, ...]
    fails: Fails | None
    span: Span


class Transaction(NamedTuple):
    """``transaction options < calls > fails``.

    Args:
        keyword_span: the word ``transaction``.
        span: from the keyword to the closing ``>`` (to the end of `fails` when there is one).
    """

    keyword_span: Span
    options: tuple[Argument, ...]
    calls: tuple[Call, ...]
    fails: Fails | None
    span: Span


Statement = Call | Transaction


class Comment(NamedTuple):
    """A comment from ``#`` to the end of its line."""

    text: str
    span: Span


class LeftOut(NamedTuple):
    """A statement that the grammar refuses: all that is known of it is the word it begins with, and where it stands.

    Args:
        verb: its first word, and `verb_span` where it stands.
        in_block: whether it stands in a transaction.
        span: from its first word to where reading goes on.
        mistake: what is said of it.
    """

    verb: str
    verb_span: Span
    in_block: bool
    span: Span
    mistake: Diagnostic


class Script(NamedTuple):
    """A whole parsed text.

    Args:
        left_out: the statements with a mistake that begin with a word; they are not among the `statements`, unless the
            mistake stands right behind them.
    """

    source: Source
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    left_out: tuple[LeftOut, ...] = ()
