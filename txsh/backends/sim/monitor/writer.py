"""Values to the text that QEMU sends: ASCII, a blank after commas and colons, members in the order of its hash table.

Source: QEMU qobject/json-writer.c, qobject/qjson.c.
"""

from __future__ import annotations

from collections.abc import Mapping

from txsh.schema.order import dict_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KINDS_KEPT = 1000
"""Of so many kinds of objects the order is remembered; a client may invent any number in its ids."""
_PLANE = 0x10000
_NAMED = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_orders: dict[tuple[str, ...], list[tuple[str, str]]] = {}


def write(value: Any) -> str:
    """The text of a value."""
    kind = type(value)
    if kind is str:
        return _string(value)
    if kind is int:
        return str(value)
    if kind is dict:
        return _object(value)
    if kind is list or kind is tuple:
        return f"[{', '.join([write(element) for element in value])}]"
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return f"{value:.17g}"
    assert isinstance(value, Mapping), value
    return _object(value)


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
    return f"{{{', '.join([begin + write(value[name]) for name, begin in members(value)])}}}"


def _string(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
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
