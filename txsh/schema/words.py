"""Reads the ``key=value`` words of a raw QMP statement by the types that the command's schema gives them.

A dot in a key descends into a member (``properties.completion-mode=grouped``) or a list (``bitmaps.0=b0``); a key
given several times is a list. What a value may be is QEMU's to judge (a size below zero, a name too long, a member
that is missing); what it *is*, a string or a number, is decided here. Knows nothing of statements, spans, diagnostics.
"""

from __future__ import annotations

from txsh.schema.entry import Alternate, Struct
from txsh.schema.scalar import Misfit, read_text, type_in_words
from txsh.schema.table import table
from txsh.syntax.suggest import suggest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from txsh.schema.entry import Command
    from txsh.schema.table import Table

_INDEX_DIGITS_MAX = 4
"""More items than anyone writes one by one; a larger index is a slip."""
_SHOWN_MAX = 40


class WordError(Exception):
    """A word that cannot be read.

    Args:
        key: the key as it was given; empty when the command itself is meant.
        message: what is wrong.
        advice: what to do, or None.
    """

    def __init__(self, key: str, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.key = key
        self.message = message
        self.advice = advice


def read_words(
    version: tuple[int, int],
    program: str,
    command: str,
    words: Iterable[tuple[str, Any]],
    types: Table | None = None,
) -> dict[str, Any]:
    """A command's arguments as JSON has them.

    Args:
        version: major and minor number.
        program: ``qemu-system`` or ``qsd``.
        command: QMP's name.
        words: keys with their values; a text is read by type (one that stood in quotes is `Quoted`), anything else
            is JSON already and taken as it is, but for the texts in a list.
        types: the schema to read by, when it is not the recorded one.

    Raises:
        WordError: a key that the command does not have, or a text that is nothing of its type.
        LookupError: no schema of this QEMU was recorded.
    """
    types = types or table(version, program)
    found = types.command(command)
    if found is None:
        meant = suggest(command, types.commands())
        raise WordError("", f"no command is called '{command}'", f"did you mean '{meant}'?" if meant else None)
    return _Reader(types, found).struct(found.argument, _tree(words))


class _Place:
    """What stands under one key: the values given to it, and what was given to keys that go on with a dot."""

    def __init__(self, path: str, key: str) -> None:
        self.path = path
        self.key = key  # the first word that led here
        self.values: list[Any] = []
        self.children: dict[str, _Place] = {}


def _tree(words: Iterable[tuple[str, Any]]) -> _Place:
    root = _Place("", "")
    for key, value in words:
        place = root
        for part in key.split("."):
            if not part:
                raise WordError(key, f"'{key}' has a dot too many")
            path = f"{place.path}.{part}" if place.path else part
            place = place.children.setdefault(part, _Place(path, key))
        place.values.append(value)
    return root


class _Reader:
    """Reads the words of one command."""

    def __init__(self, types: Table, command: Command) -> None:
        self._types = types
        self._command = command

    def struct(self, struct: Struct, place: _Place) -> dict[str, Any]:
        """An object; its members come in the order in which they were given."""
        read: dict[str, Any] = {}
        known: list[str] = []
        reached: Struct | None = struct
        while reached is not None:
            for member in reached.members:
                known.append(member.name)
                if member.name in place.children:
                    read[member.name] = self._read(member.type, place.children[member.name])
            reached = self._continued(reached, read)
        for name, child in place.children.items():
            if name not in read:
                read[name] = self._unknown(name, child, known)
        return {name: read[name] for name in place.children}

    def _continued(self, struct: Struct, read: dict[str, Any]) -> Struct | None:
        """The type that a tag's value adds the members of."""
        tag = None if struct.tag is None else read.get(struct.tag)
        case = struct.cases.get(tag) if isinstance(tag, str) else None
        return None if case is None else self._types.struct(case)

    def _unknown(self, name: str, child: _Place, known: list[str]) -> Any:
        if self._command.by_hand and "." not in child.path:
            return self._read("any", child)
        meant = suggest(name, known)
        stem = child.path[: -len(name)]
        advice = f"did you mean '{stem}{meant}'?" if meant else f"it has: {', '.join(known)}" if known else None
        owner = f"'{stem[:-1]}'" if stem else f"'{self._command.name}'"
        raise WordError(child.key, f"{owner} has no member '{name}'", advice)

    def _read(self, name: str, place: _Place) -> Any:
        if place.values and place.children:
            raise WordError(place.key, f"'{place.path}' is given as a whole and in parts")
        if name.startswith("["):
            return self._list(name[1:-1], place)
        if place.children:
            return self._parts(name, place)
        if len(place.values) > 1:
            return self._several(name, place)
        return self._value(name, place.values[0], place)

    def _several(self, name: str, place: _Place) -> list[Any]:
        """A key given more than once where the schema has no list as such."""
        found = self._types.find(name)
        if isinstance(found, Alternate) and "array" in found.kinds:
            return self._list(found.kinds["array"][1:-1], place)
        if name == "any":
            return [self._value("any", value, place) for value in place.values]
        raise WordError(place.key, f"'{place.path}' is given {len(place.values)} times")

    def _parts(self, name: str, place: _Place) -> Any:
        """A value given member by member."""
        if name == "any":
            return {part: self._read("any", child) for part, child in place.children.items()}
        found = self._types.find(name)
        if isinstance(found, Struct):
            return self.struct(found, place)
        if isinstance(found, Alternate):
            inner = next((kind for kind in ("object", "array") if kind in found.kinds), None)
            if inner is not None:
                return self._read(found.kinds[inner], place)
        child = next(iter(place.children.values()))
        raise WordError(child.key, f"'{place.path}' has no members: it takes {type_in_words(self._types, name)}")

    def _list(self, element: str, place: _Place) -> list[Any]:
        if place.children:
            return [self._read(element, child) for child in _items(place)]
        values = place.values
        if len(values) == 1 and isinstance(values[0], list | tuple):
            values = list(values[0])
        return [self._value(element, value, place) for value in values]

    def _value(self, name: str, value: Any, place: _Place) -> Any:
        if isinstance(value, list | tuple):
            return self._whole_list(name, value, place)
        if not isinstance(value, str):
            return value
        read = read_text(self._types, name, value)
        if isinstance(read, Misfit):
            raise WordError(place.key, f"'{_excerpt(value)}' does not fit '{place.path}': {read.reason}", read.advice)
        return read

    def _whole_list(self, name: str, value: list[Any] | tuple[Any, ...], place: _Place) -> list[Any]:
        """A list given as such; where the schema has no list, QEMU says so."""
        found = self._types.find(name)
        if isinstance(found, Alternate):
            name = found.kinds.get("array", name)
        element = name[1:-1] if name.startswith("[") else "any"
        return [self._value(element, each, place) for each in value]


def _excerpt(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."


def _items(place: _Place) -> list[_Place]:
    """The items of a list given by index, in order."""
    by_index: dict[int, _Place] = {}
    for part, child in place.children.items():
        if not (part.isascii() and part.isdigit() and len(part) <= _INDEX_DIGITS_MAX):
            raise WordError(child.key, f"'{place.path}' is a list", f"write {place.path}.0=, or {place.path}=[...]")
        by_index[int(part)] = child
    for expected, index in enumerate(sorted(by_index)):
        if index != expected:
            raise WordError(by_index[index].key, f"'{place.path}' has no item {expected}", "items count from 0")
    return [by_index[index] for index in sorted(by_index)]
