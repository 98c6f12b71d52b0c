"""What QEMU says of a command's arguments before it runs the command: nothing, or one error, letter for letter.

QEMU reads the members that a type has one after the other, in the order of its schema, and complains at the first that
is missing or wrong; only then, container by container from the inside, of a member it has no use for. Some messages
name the whole path of a member, others only its last word; both are kept as they are.

Source: qapi/qobject-input-visitor.c, qapi/qapi-visit-core.c, scripts/qapi/visit.py, qapi/qmp-dispatch.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from sys import getrecursionlimit, setrecursionlimit

from txsh.model.event import QmpError
from txsh.schema.accept import Checks
from txsh.schema.entry import Alternate, Enum, Struct
from txsh.schema.integer import bounds_of, is_integer, is_signed, widest
from txsh.schema.table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.schema.table import Table

_PLAIN: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "str": ("string", str),
    "bool": ("boolean", bool),
    "number": ("number", (int, float)),
    "null": ("null", type(None)),
}

_CALLS_MAX = 20_000
"""Enough for the deepest value that QEMU reads."""


class _Refused(Exception):
    """The first thing QEMU has to say."""


def refusal(version: tuple[int, int], program: str, command: str, arguments: Mapping[str, Any]) -> QmpError | None:
    """The error that QEMU gives for a command's arguments by themselves; None when it would go on and run it.

    Args:
        version: major and minor number.
        program: ``qemu-system`` or ``qsd``.
        command: QMP's name.
        arguments: as JSON gives them.

    Raises:
        LookupError: no schema of this QEMU was recorded.
    """
    return _visitor(table(version, program)).refusal(command, arguments)


@cache
def _visitor(types: Table) -> Visitor:
    return Visitor(types)


class Visitor:
    """What one QEMU says of arguments.

    Args:
        types: its schema. One that was made from a reply alone hides names, so some messages then have numbers.
    """

    def __init__(self, types: Table) -> None:
        self._types = types
        self._checks = Checks(types)
        self._visit = _Visit(types)

    def refusal(self, command: str, arguments: Mapping[str, Any]) -> QmpError | None:
        """The error for a command's arguments by themselves; None when QEMU would go on and run it."""
        try:
            return self._judge(command, arguments)
        except RecursionError:
            # QEMU's parser lets 1024 levels through, and each takes some calls here.
            limit = getrecursionlimit()
            setrecursionlimit(max(limit, _CALLS_MAX))
            try:
                return self._judge(command, arguments)
            finally:
                setrecursionlimit(limit)

    def _judge(self, command: str, arguments: Mapping[str, Any]) -> QmpError | None:
        found = self._types.command(command)
        if found is None:
            return QmpError("CommandNotFound", f"The command {command} has not been found")
        if found.by_hand or self._checks[found.argument.name](arguments):
            return None
        try:
            self._visit.arguments(found.argument, arguments)
        except _Refused as refused:
            return QmpError("GenericError", str(refused))
        return None


class _Visit:
    """Passes over the arguments of commands, each up to the first thing wrong.

    A member is told by its path and by its own name (None in a list), because messages differ in which they use.
    """

    def __init__(self, types: Table) -> None:
        self._types = types

    def arguments(self, struct: Struct, value: Mapping[str, Any]) -> None:
        read: list[str] = []
        self._members(struct, value, "", read)
        _nothing_left(value, read, "")

    def _object(self, struct: Struct, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            raise _mistyped(path, "object")
        read: list[str] = []
        self._members(struct, value, f"{path}.", read)
        _nothing_left(value, read, f"{path}.")

    def _members(self, struct: Struct, value: Mapping[str, Any], prefix: str, read: list[str]) -> None:
        for member in struct.members:
            if member.name in value:
                read.append(member.name)
                self._value(member.type, value[member.name], prefix + member.name, member.name)
            elif not member.optional:
                raise _Refused(f"Parameter '{prefix}{member.name}' is missing")
        if struct.tag is not None:
            case = struct.cases.get(value[struct.tag])  # a tag is never optional
            if case is not None:
                self._members(self._types.struct(case), value, prefix, read)

    def _value(self, name: str, value: Any, path: str, last: str | None) -> None:
        if name.startswith("["):
            self._list(name[1:-1], value, path)
        elif is_integer(name):
            _integer(name, value, path, last)
        elif name in _PLAIN:
            _plain(name, value, path)
        elif name != "any":
            self._defined(name, value, path, last)

    def _list(self, element: str, value: Any, path: str) -> None:
        if not isinstance(value, list | tuple):
            raise _mistyped(path, "array")
        for index, each in enumerate(value):
            self._value(element, each, f"{path}[{index}]", None)

    def _defined(self, name: str, value: Any, path: str, last: str | None) -> None:
        found = self._types.type(name)
        if isinstance(found, Struct):
            self._object(found, value, path)
        elif isinstance(found, Enum):
            if not isinstance(value, str):
                raise _mistyped(path, "string")
            if value not in found.values:
                raise _Refused(f"Parameter '{last or 'null'}' does not accept value '{value}'")
        else:
            self._alternate(found, value, path, last)

    def _alternate(self, found: Alternate, value: Any, path: str, last: str | None) -> None:
        chosen = found.kinds.get(_kind(value))
        if chosen is None:
            raise _mistyped(last or "null", found.name)
        self._value(chosen, value, path, last)


def _plain(name: str, value: Any, path: str) -> None:
    word, kind = _PLAIN[name]
    if not isinstance(value, kind) or (name == "number" and isinstance(value, bool)):
        raise _mistyped(path, word)


def _integer(name: str, value: Any, path: str, last: str | None) -> None:
    bounds, read = bounds_of(name), widest(name)
    assert bounds is not None
    # Larger numbers than QEMU's parser can hold as integers become floating point there.
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not read[0] <= value <= read[1]:
        raise _mistyped(path, "integer") if is_signed(name) else _Refused(f"Parameter '{path}' expects uint64")
    # Negative numbers are taken as unsigned ones modulo 2 to the 64, which is beyond every narrower type.
    if not bounds[0] <= value <= bounds[1]:
        raise _Refused(f"Parameter '{last or 'null'}' expects {name}_t")


def _nothing_left(value: Mapping[str, Any], read: list[str], prefix: str) -> None:
    if len(read) < len(value):
        from txsh.schema.order import first_left  # noqa: PLC0415  # only a refusal needs it

        raise _Refused(f"Parameter '{prefix}{first_left(value, read)}' is unexpected")


def _mistyped(path: str, word: str) -> _Refused:
    return _Refused(f"Invalid parameter type for '{path}', expected: {word}")


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | float():
            return "number"
        case Mapping():
            return "object"
        case _:
            return "array"
