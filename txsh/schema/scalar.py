"""Reads one text as a value of a recorded type, and says in words what a type takes. Knows no keys."""

from __future__ import annotations

from txsh.model.size import Unreadable, parse_size
from txsh.schema.entry import Alternate, Enum, Struct
from txsh.schema.integer import is_integer
from txsh.syntax.suggest import suggest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from txsh.schema.table import Table
else:
    from txsh.named import NamedTuple

_BOOLEANS = {"true": True, "false": False}
_PLAIN = {"str": "a string", "bool": "true or false", "number": "a number", "null": "null", "any": "any JSON value"}
_DIGITS_MAX = 100
"""More than any number has that QEMU takes; Python itself refuses to read thousands."""
_LISTED_MAX = 12
_ALTERNATE_ORDER = ("null", "boolean", "number", "string")
"""The kinds of an alternate that a text is tried as, one after the other."""


class Quoted(str):
    """A text that stood in quotes: always a string, whatever it looks like."""

    __slots__ = ()


class Misfit(NamedTuple):
    """Why a text is no value of a type.

    Args:
        reason: such as "not one of its values".
        advice: what to write instead, or None.
    """

    reason: str
    advice: str | None


def read_text(types: Table, name: str, text: str) -> Any | Misfit:
    """The value that a text stands for where a type is asked for.

    Args:
        types: where types are looked up.
        name: the type's name.
        text: a word; `Quoted` when it stood in quotes.
    """
    if name == "str":
        return str(text)
    if name == "any":
        return str(text) if isinstance(text, Quoted) else _any(text)
    found = types.find(name)
    if isinstance(found, Enum):
        return _of_enum(found, text)
    if isinstance(found, Alternate):
        return _of_alternate(types, found, text)
    if found is not None or name.startswith("["):
        return Misfit(f"it takes {type_in_words(types, name)}", None)
    if isinstance(text, Quoted):
        return Misfit(f"a word in quotes is a string, it takes {type_in_words(types, name)}", "leave the quotes out")
    return _plain(name, text)


def type_in_words(types: Table, name: str) -> str:
    """What a type takes: ``a string``, ``one of: full, top``, ``a list of: a whole number``."""
    if name.startswith("["):
        return f"a list of: {type_in_words(types, name[1:-1])}"
    if name in _PLAIN:
        return _PLAIN[name]
    if is_integer(name):
        return "a size" if name == "size" else "a whole number"
    found = types.type(name)
    if isinstance(found, Enum):
        return f"one of: {', '.join(found.values)}"
    if isinstance(found, Struct):
        return "an object"
    return " or ".join(dict.fromkeys(type_in_words(types, each) for each in found.kinds.values()))


def _plain(name: str, text: str) -> Any | Misfit:
    if name == "bool":
        return _BOOLEANS.get(text, Misfit("not a boolean", "use true or false"))
    if name == "null":
        return None if text == "null" else Misfit("not null", "write null")
    return _number(text) if name == "number" else _integer(text)


def _integer(text: str) -> int | Misfit:
    """A size or a whole number; what is too large or below zero is QEMU's to refuse."""
    minus = text.startswith("-")
    count = parse_size(text[1:] if minus else text)
    if not isinstance(count, Unreadable):
        return -count if minus else count
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX:
        return int(text)
    meant = count.meant and f"did you mean '{text[:minus]}{count.meant}'?"
    return Misfit(f"not a whole number: {count.reason}", meant)


def _number(text: str) -> float | Misfit:
    found = _json(text)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return found if is_number else Misfit("not a number", None)


def _any(text: str) -> Any:
    """What JSON makes of a text; a string when it is no JSON."""
    found = _json(text)
    return str(text) if found is _NO_JSON else found


_NO_JSON = object()


def _json(text: str) -> Any:
    import json  # noqa: PLC0415  # only free-form members need it

    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return _NO_JSON


def _finite(text: str) -> float:
    """A number as JSON has it, which knows no infinity.

    Raises:
        ValueError: it is none.
    """
    number = float(text)
    if number - number != 0:
        raise ValueError(text)
    return number


def _of_enum(found: Enum, text: str) -> str | Misfit:
    if text in found.values:
        return str(text)
    meant = suggest(text, found.values)
    if meant is not None:
        return Misfit("not one of its values", f"did you mean '{meant}'?")
    few = len(found.values) <= _LISTED_MAX
    return Misfit("not one of its values", f"it is one of: {', '.join(found.values)}" if few else None)


def _of_alternate(types: Table, found: Alternate, text: str) -> Any | Misfit:
    """The first kind that a text fits; a text that fits none is told about the last one that it could be."""
    misfit = Misfit(f"it takes {type_in_words(types, found.name)}", None)
    for kind in _ALTERNATE_ORDER:
        if kind in found.kinds and (kind == "string" or not isinstance(text, Quoted)):
            read = read_text(types, found.kinds[kind], text)
            if not isinstance(read, Misfit):
                return read
            misfit = read
    return misfit
