"""Makes the nodes of the tree from what a rule of the grammar matched.

What the grammar lets through and the language does not is written down as an objection; wording it is not done here.
"""

from __future__ import annotations

from txsh.syntax.source import Span
from txsh.syntax.tree import Call, Fails, ListValue, ObjectValue, Option, Transaction, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NamedTuple

    from txsh.syntax.tree import Statement, Value

    Objections = list[tuple[str, Span]]
    """What the language refuses though the grammar does not, by the names that `mistake` knows."""
else:
    from txsh.named import NamedTuple

_new = tuple.__new__
"""Makes a named tuple from a tuple in half the time of calling its class; for what a script has most of."""


class Mark(NamedTuple):
    """A keyword, a ``key=`` or a bracket, while what it belongs to is being parsed; `kind` is its terminal."""

    kind: str
    text: str
    span: Span


class Block(NamedTuple):
    """``< statements >``, while its transaction is being parsed."""

    statements: tuple[Statement, ...]
    span: Span


def build_call(found: list[Any], objections: Objections) -> Call:
    """``WORD argument* fails?``."""
    verb: Word = found[0]
    source, start, end = verb.span
    if verb.parts[0].quoted:
        objections.append(("quoted-verb", verb.span))
    elif verb.text == "fails":
        objections.append(("fails-first", verb.span))
    fails = None
    if len(found) > 1:
        end = found[-1].span.end
        if type(found[-1]) is Fails:
            fails = found.pop()
    return _new(Call, (verb.text, verb.span, tuple(found[1:]), fails, _new(Span, (source, start, end))))


def build_transaction(found: list[Any], _: Objections) -> Transaction:
    """``TRANSACTION argument* block fails?``."""
    keyword: Mark = found[0]
    span = keyword.span.to(found[-1].span)
    fails = found.pop() if type(found[-1]) is Fails else None
    block: Block = found.pop()
    calls = tuple(statement for statement in block.statements if isinstance(statement, Call))
    return Transaction(keyword.span, tuple(found[1:]), calls, fails, span)


def build_block(found: list[Any], objections: Objections) -> Block:
    """``"<" statements ">"``."""
    statements = tuple(found[1:-1])
    object_to_statements(statements, objections)
    return Block(statements, found[0].span.to(found[-1].span))


def object_to_statements(statements: Iterable[Statement], objections: Objections) -> None:
    """Objects to what has a reply of its own: nothing in a block may."""
    for statement in statements:
        if isinstance(statement, Transaction):
            objections.append(("nested", statement.keyword_span))
        elif statement.fails is not None:
            objections.append(("fails-in-block", statement.fails.span))


def build_fails(found: list[Any], _: Objections) -> Fails:
    """``FAILS WORD?``."""
    return Fails(found[1] if len(found) > 1 else None, found[0].span.to(found[-1].span))


def build_option(found: list[Any], _: Objections) -> Option:
    """``KEY value``."""
    key: Mark = found[0]
    value: Value = found[1]
    span = _new(Span, (key.span.source, key.span.start, value.span.end))
    return _new(Option, (key.text, key.span, value, span))


def build_list(found: list[Any], _: Objections) -> ListValue:
    """``"[" value, ... "]"``."""
    return ListValue(tuple(found[1:-1]), found[0].span.to(found[-1].span))


def build_object(found: list[Any], _: Objections) -> ObjectValue:
    """``"{" member, ... "}"``."""
    return ObjectValue(tuple(found[1:-1]), found[0].span.to(found[-1].span))


def build_member(found: list[Any], _: Objections) -> tuple[Word, Value]:
    """``JSON_KEY value``."""
    return (found[0], found[1])


def build_script(found: list[Any], _: Objections) -> tuple[Statement, ...]:
    """The statements of the whole text."""
    return tuple(found)


BUILDERS: dict[str, Callable[[list[Any], Objections], Any]] = {
    "script": build_script,
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
