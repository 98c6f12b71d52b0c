"""What was recorded of a QEMU's schema, looked up one name at a time. Knows nothing of values.

A file per version and program, as `txsh.schema.record` writes it: one line an entry of ``query-qmp-schema``, in the
order of that reply, with the names and integer types that the reply hides. A run asks for a handful of some hundred
types, so they are found by searching the text, and nothing else is parsed.

Lines::

    NAME command[+FLAG...][FEATURES] TYPE [-> TYPE]  FLAG: oob, preconfig, by-hand; what it returns: nothing if absent
    NAME event[FEATURES] TYPE
    NAME object[#NUMBER][FEATURES] MEMBER... [| TAG CASE...]
                                MEMBER: name[?][FEATURES]=TYPE, ?: optional; CASE: value=TYPE, absent when it adds none
    NAME enum[#NUMBER][FEATURES] VALUE[FEATURES]...
    NAME alternate[#NUMBER][FEATURES] KIND=TYPE...   KIND: JSON's word for what stands there
    NAME array, NAME builtin

TYPE is a line's name, one of QEMU's own (``str``, ``bool``, ``int``, ``uint32``...), or ``[TYPE]`` for a list.
FEATURES are ``(deprecated,unstable)`` and the like. NUMBER is what the reply calls the type, where it is not one more
than the one before: types that were not built in have numbers, too.
"""

from __future__ import annotations

from functools import cache
from os.path import dirname, join

from txsh.schema.entry import Alternate, Command, Enum, Event, Member, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from txsh.schema.entry import Type

FOLDER = dirname(__file__)  # noqa: PTH120 pathlib is slow to import
EMPTY = "q_empty"
"""QEMU's name of the type that has no members."""


class Line:
    """One line, taken apart as far as all kinds share it.

    Args:
        text: the line.

    Attributes:
        name: of the command, event or type.
        kind: ``command``, ``object`` and so on.
        flags: of a command.
        number: the reply's name of the type; None when it is one more than the one before, or it has none.
        features: what QEMU says about it.
        words: the rest.
    """

    __slots__ = ("features", "flags", "kind", "name", "number", "words")

    def __init__(self, text: str) -> None:
        self.name, marked, *self.words = text.split(" ")
        kind, self.features = _featured(marked)
        kind, _, number = kind.partition("#")
        self.kind, *self.flags = kind.split("+")
        self.number = int(number) if number else None


class Table:
    """Everything recorded of one program.

    Args:
        text: a whole file.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._types: dict[str, Type] = {}
        self._commands: dict[str, Command | None] = {}

    def lines(self) -> Iterator[Line]:
        """Everything, in the order of the reply."""
        return (Line(text) for text in self._text.splitlines() if text)

    def commands(self) -> list[str]:
        """The names of all commands, in the order of the schema."""
        return [line.name for line in self.lines() if line.kind == "command"]

    def events(self) -> list[str]:
        """The names of all events, in the order of the schema."""
        return [line.name for line in self.lines() if line.kind == "event"]

    def command(self, name: str) -> Command | None:
        """One command; None when this QEMU has none of that name."""
        if name not in self._commands:
            self._commands[name] = self._read_command(name)
        return self._commands[name]

    def event(self, name: str) -> Event | None:
        """One event; None when this QEMU has none of that name."""
        line = self._line(name)
        if line is None or line.kind != "event":
            return None
        return Event(name, self.struct(line.words[0]), line.features)

    def type(self, name: str) -> Type:
        """A type by its name.

        Raises:
            KeyError: there is no such line, or it is that of a list or one of QEMU's own types (``str``, ``int``).
        """
        found = self._types.get(name)
        if found is None:
            line = self._line(name)
            if line is None or line.kind not in _READERS:
                raise KeyError(name)
            found = self._types[name] = _READERS[line.kind](line)
        return found

    def find(self, name: str) -> Type | None:
        """A type by its name; None where `type` raises."""
        try:
            return self.type(name)
        except KeyError:
            return None

    def struct(self, name: str) -> Struct:
        """An object type by its name.

        Raises:
            KeyError: there is no such line, or it is no object.
        """
        found = self.type(name)
        if not isinstance(found, Struct):
            raise KeyError(name)
        return found

    def _read_command(self, name: str) -> Command | None:
        line = self._line(name)
        if line is None or line.kind != "command":
            return None
        returns = line.words[2] if len(line.words) > 1 else EMPTY
        flags = ("oob" in line.flags, "preconfig" in line.flags, "by-hand" in line.flags)
        return Command(name, self.struct(line.words[0]), returns, line.features, *flags)

    def _line(self, name: str) -> Line | None:
        if not name or " " in name or "\n" in name:
            return None
        start = self._text.find(f"\n{name} ")
        return None if start < 0 else Line(self._text[start + 1 : self._text.index("\n", start + 1)])


_AT_HAND: dict[tuple[str, tuple[int, int]], Table] = {}


def table(version: tuple[int, int], program: str) -> Table:
    """What is known of one QEMU: what it said of itself when it is at hand, else what was recorded.

    Args:
        version: major and minor number.
        program: ``qemu-system`` or ``qsd``.

    Raises:
        LookupError: nothing was recorded of it.
    """
    return _AT_HAND.get((program, version)) or _recorded(version, program)


def adopt(version: tuple[int, int], program: str, types: Table) -> None:
    """From now on this is the schema of that version: one is at hand that said so."""
    _AT_HAND[program, version] = types


def is_at_hand(version: tuple[int, int], program: str) -> bool:
    """Whether a QEMU of that version said its schema itself."""
    return (program, version) in _AT_HAND


@cache
def _recorded(version: tuple[int, int], program: str) -> Table:
    path = join(FOLDER, f"{program}-{version[0]}.{version[1]}.txt")  # noqa: PTH118 the same
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 the same
            return Table(file.read())
    except FileNotFoundError:
        raise LookupError(f"no schema of {program} {version[0]}.{version[1]} was recorded") from None


def commands(version: tuple[int, int], program: str) -> list[str]:
    """The names of all commands of one QEMU, in the order of its schema.

    Raises:
        LookupError: nothing was recorded of it.
    """
    return table(version, program).commands()


def command(version: tuple[int, int], program: str, name: str) -> Command | None:
    """One command of one QEMU; None when it has none of that name.

    Raises:
        LookupError: nothing was recorded of it.
    """
    return table(version, program).command(name)


def _featured(word: str) -> tuple[str, tuple[str, ...]]:
    """A word without the features that stand behind it, and those."""
    bare, bracket, features = word.partition("(")
    return bare, tuple(features[:-1].split(",")) if bracket else ()


def _struct(line: Line) -> Struct:
    tag, cases, words = None, {}, line.words
    if "|" in words:
        bar = words.index("|")
        tag, cases, words = words[bar + 1], _pairs(words[bar + 2 :]), words[:bar]
    return Struct(line.name, tuple(_member(word) for word in words), tag, cases, line.features)


def _member(word: str) -> Member:
    marked, _, kind = word.partition("=")
    bare, features = _featured(marked)
    return Member(bare.rstrip("?"), kind, bare.endswith("?"), features)


def _enum(line: Line) -> Enum:
    values = [_featured(word) for word in line.words]
    return Enum(
        line.name,
        tuple(value for value, _features in values),
        {value: features for value, features in values if features},
        line.features,
    )


def _alternate(line: Line) -> Alternate:
    return Alternate(line.name, _pairs(line.words), line.features)


def _pairs(words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        key, _, value = word.partition("=")
        pairs[key] = value
    return pairs


_READERS: dict[str, Callable[[Line], Type]] = {"object": _struct, "enum": _enum, "alternate": _alternate}
