"""Makes the nodes of the tree from what a rule of the grammar matched. Finds no mistakes: `parser` and `mistake` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from txsh.syntax.source import Span
from txsh.syntax.tree import Call, Fails, ListValue, ObjectValue, Option, Transaction, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from txsh.syntax.tree import Statement, Value

_new = tuple.__new__
"""Makes a named tuple from a tuple, in half the time of calling it."""


class Block(NamedTuple):
    """``< statements >`` with its two marks; lives only while its statement is being parsed."""

    statements: tuple[Statement, ...]
    span: Span


class Key(NamedTuple):
    """The ``key`` of an option before its value is known."""

    text: str
    span: Span


def build_call(found: list[Any]) -> Call:
    """``WORD argument* fails?``."""
    verb: Word = found[0]
    span = _new(Span, (verb.span.source, verb.span.start, found[-1].span.end))
    fails = found.pop() if type(found[-1]) is Fails else None
    return _new(Call, (verb.text, verb.span, tuple(found[1:]), fails, span))


def build_transaction(found: list[Any]) -> Transaction:
    """``TRANSACTION argument* block fails?``; the checks of what a block may hold are `parser`'s."""
    keyword: Word = found[0]
    span = keyword.span.to(found[-1].span)
    fails = found.pop() if type(found[-1]) is Fails else None
    block: Block = found.pop()
    calls = tuple(statement for statement in block.statements if isinstance(statement, Call))
    return Transaction(keyword.span, tuple(found[1:]), calls, fails, span)


def build_block(found: list[Any]) -> Block:
    """``"<" statements ">"``."""
    return Block(tuple(found[1:-1]), found[0].span.to(found[-1].span))


def build_fails(found: list[Any]) -> Fails:
    """``FAILS WORD?``."""
    return Fails(found[1] if len(found) > 1 else None, found[0].span.to(found[-1].span))


def build_option(found: list[Any]) -> Option:
    """``KEY value``."""
    key: Key = found[0]
    value: Value = found[1]
    span = _new(Span, (key.span.source, key.span.start, value.span.end))
    return _new(Option, (key.text, key.span, value, span))


def build_list(found: list[Any]) -> ListValue:
    """``"[" value, ... "]"``."""
    return ListValue(tuple(found[1:-1]), found[0].span.to(found[-1].span))


def build_object(found: list[Any]) -> ObjectValue:
    """``"{" member, ... "}"``."""
    return ObjectValue(tuple(found[1:-1]), found[0].span.to(found[-1].span))


def build_member(found: list[Any]) -> tuple[Word, Value]:
    """``JSON_KEY value``."""
    return (found[0], found[1])


BUILDERS: dict[str, Callable[[list[Any]], Any]] = {
    "script": tuple,
    "call": build_call,
    "transaction": build_transaction,
    "block": build_block,
    "fails": build_fails,
    "option": build_option,
    "list": build_list,
    "object": build_object,
    "member": build_member,
}
"""For each rule of the grammar that makes a node, who makes it."""
