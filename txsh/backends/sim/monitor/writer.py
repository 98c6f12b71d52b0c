"""Values to the text that QEMU sends: ASCII, a blank after commas and colons, members in the order of its hash table.

Source: QEMU qobject/json-writer.c, qobject/qjson.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from json.encoder import encode_basestring_ascii

from txsh.schema.order import dict_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_KINDS_KEPT = 1000
"""Of so many kinds of objects the order is remembered; a client may invent any number in its ids."""
_PLANE = 0x10000
_NAMED = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_NOTHING = object()
"""Stands where only the end of a container is left to write."""

_orders: dict[tuple[str, ...], list[tuple[str, str]]] = {}


def write(value: Any) -> str:
    """The text of a value."""
    try:
        return _WRITERS.get(type(value), _other)(value)
    except RecursionError:
        return _deep(value)


def members(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The names of an object's members in QEMU's order, each with the text it begins with."""
    names = tuple(value)
    found = _orders.get(names)
    if found is None:
        if len(_orders) > _KINDS_KEPT:
            _orders.clear()
        found = _orders[names] = [(name, f"{_string(name)}: ") for name in dict_order(names)]
    return found


def _object(value: Mapping[str, Any]) -> str:
    parts = []
    for name, begin in members(value):
        content = value[name]
        kind = type(content)
        # Most of what is told are numbers and flags; a call for each costs a query of many bitmaps a seventh.
        if kind is int:
            parts.append(f"{begin}{content}")
        elif kind is bool:
            parts.append(f"{begin}true" if content else f"{begin}false")
        else:
            parts.append(begin + _WRITERS.get(kind, _other)(content))
    return f"{{{', '.join(parts)}}}"


def _list(value: list[Any] | tuple[Any, ...]) -> str:
    return f"[{', '.join([_WRITERS.get(type(element), _other)(element) for element in value])}]"


def _deep(value: Any) -> str:
    """The same without recursion: an id may be nested a thousand times."""
    written = []
    left: list[Any] = [(value, "")]
    while left:
        content, begin = left.pop()
        written.append(begin)
        if isinstance(content, Mapping):
            inside = [(content[name], text) for name, text in members(content)]
            brackets = "{}"
        elif isinstance(content, list | tuple):
            inside = [(element, "") for element in content]
            brackets = "[]"
        else:
            written.append("" if content is _NOTHING else _WRITERS[type(content)](content))
            continue
        written.append(brackets[0])
        left.append((_NOTHING, brackets[1]))
        left += [(each, f", {text}" if place else text) for place, (each, text) in reversed(list(enumerate(inside)))]
    return "".join(written)


def _other(value: Any) -> str:
    assert isinstance(value, Mapping), value
    return _object(value)


def _string(text: str) -> str:
    if text.isascii() and text.isprintable():
        return encode_basestring_ascii(text)
    return f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    if character.isascii() and character.isprintable():
        return _NAMED.get(character, character)
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if code < _PLANE:
        return f"\\u{code:04X}"
    code -= _PLANE
    return f"\\u{0xD800 + (code >> 10):04X}\\u{0xDC00 + (code & 0x3FF):04X}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    dict: _object,
    str: _string,
    int: str,
    bool: {False: "false", True: "true"}.__getitem__,
    list: _list,
    tuple: _list,
    float: "{:.17g}".format,
    type(None): {None: "null"}.__getitem__,
}
"""How each kind of value is written."""
