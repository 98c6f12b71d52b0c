"""Lark's tree and txsh's own, brought to one form so that they can be compared: words by text and place."""

from __future__ import annotations

from typing import Any

from lark import Token, Tree

from txsh.syntax.tree import Call, Fails, ListValue, ObjectValue, Option, Script, Transaction, Word

Shape = tuple[Any, ...]


def shape_of_script(script: Script) -> list[Shape]:
    return [shape_of(statement) for statement in script.statements]


def shape_of(node: Any) -> Shape:
    match node:
        case Word():
            return ("word", node.span.text, node.span.start)
        case ListValue():
            return ("list", *map(shape_of, node.items))
        case ObjectValue():
            return ("object", *((*shape_of(key), shape_of(value)) for key, value in node.members))
        case Option():
            return ("option", node.key, node.key_span.start, shape_of(node.value))
        case Fails():
            return ("fails", node.span.start, *([] if node.pattern is None else [shape_of(node.pattern)]))
        case Call():
            verb = ("word", node.verb_span.text, node.verb_span.start)
            return ("call", verb, *map(shape_of, node.arguments), *_fails(node.fails))
        case Transaction():
            calls = tuple(map(shape_of, node.calls))
            return ("transaction", *map(shape_of, node.options), ("block", *calls), *_fails(node.fails))
    raise AssertionError(node)


def _fails(fails: Fails | None) -> list[Shape]:
    return [] if fails is None else [shape_of(fails)]


def shape_of_lark(tree: Tree[Token]) -> list[Shape]:
    return [_lark_shape(child) for child in tree.children if isinstance(child, Tree)]


def _lark_shape(node: Tree[Token] | Token) -> Shape:
    if isinstance(node, Token):
        if node.type == "JSON_KEY":
            return ("word", str(node)[:-1].rstrip(" \t"), node.start_pos)
        return ("word", str(node), node.start_pos)
    found = [child for child in node.children if isinstance(child, Tree) or child.type in ("WORD", "JSON_KEY")]
    match node.data:
        case "option":
            key = node.children[0]
            assert isinstance(key, Token)
            return ("option", str(key)[:-1], key.start_pos, _lark_shape(found[0]))
        case "fails":
            keyword = node.children[0]
            assert isinstance(keyword, Token)
            return ("fails", keyword.start_pos, *map(_lark_shape, found))
        case "member":
            return (*_lark_shape(found[0]), _lark_shape(found[1]))
        case "block":
            calls = [child for child in found if isinstance(child, Tree) and child.data == "call"]
            return ("block", *map(_lark_shape, calls))
    return (str(node.data), *map(_lark_shape, found))
