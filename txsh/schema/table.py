"""Recorded argument types of QEMU's commands, looked up one at a time.

A file per version and program, as `txsh.schema.record` writes it, one line a command or type, found by searching the
text: a run asks for a handful of some hundred types, so nothing else is parsed. Knows nothing of values.

Lines::

    NAME command[!][*] TYPE               !: deprecated; *: QEMU checks its arguments by hand
    NAME object MEMBER... [| TAG CASE...] MEMBER: name[!][?]=TYPE, ?: optional; CASE: value=TYPE, absent when empty
    NAME enum VALUE[!]...
    NAME alternate KIND=TYPE...           KIND: JSON's word for what stands there

TYPE is a line's name, one of QEMU's own (``str``, ``bool``, ``int``, ``uint32``...), or ``[TYPE]`` for a list.
"""

from __future__ import annotations

from functools import cache
from os.path import dirname, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple

_FOLDER = dirname(__file__)  # noqa: PTH120 pathlib is slow to import


class Member(NamedTuple):
    """One member of an object: its name, its type's name, and what QEMU says about it."""

    name: str
    type: str
    optional: bool
    deprecated: bool


class Struct(NamedTuple):
    """An object. A tagged one continues with the members of the type that its tag's value names.

    Args:
        name: QEMU's name of the type.
        members: in the order QEMU reads them.
        tag: the member whose value decides, or None.
        cases: value of the tag -> type with the further members; values that add none are absent.
    """

    name: str
    members: tuple[Member, ...]
    tag: str | None
    cases: dict[str, str]


class Enum(NamedTuple):
    """A closed set of words."""

    name: str
    values: tuple[str, ...]
    deprecated: tuple[str, ...]


class Alternate(NamedTuple):
    """One of several types, told apart by what kind of JSON value stands there."""

    name: str
    kinds: dict[str, str]


class Command(NamedTuple):
    """A command's arguments.

    Args:
        name: QMP's name.
        argument: the type whose members are its arguments.
        deprecated: QEMU marks it so.
        by_hand: QEMU does not check its arguments by type (``device_add``).
    """

    name: str
    argument: Struct
    deprecated: bool
    by_hand: bool


Type = Struct | Enum | Alternate


class Table:
    """Everything recorded of one program.

    Args:
        text: a whole file.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._types: dict[str, Type] = {}
        self._commands: dict[str, Command | None] = {}

    def commands(self) -> list[str]:
        """The names of all commands, sorted."""
        lines = [line.split(" ", 2) for line in self._text.splitlines() if line]
        return [words[0] for words in lines if words[1].startswith("command")]

    def command(self, name: str) -> Command | None:
        """One command; None when this QEMU has none of that name."""
        if name not in self._commands:
            self._commands[name] = self._read_command(name)
        return self._commands[name]

    def type(self, name: str) -> Type:
        """A type by its name. Lists and QEMU's own types (``str``, ``int``) are no lines of the table.

        Raises:
            KeyError: there is no such line.
        """
        found = self._types.get(name)
        if found is None:
            kind, words = self._line(name)
            found = self._types[name] = _READERS[kind](name, words)
        return found

    def find(self, name: str) -> Type | None:
        """A type by its name; None for lists and QEMU's own types, which are no lines of the table."""
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
        try:
            kind, words = self._line(name)
        except KeyError:
            return None
        if not kind.startswith("command"):
            return None
        return Command(name, self.struct(words[0]), "!" in kind, "*" in kind)

    def _line(self, name: str) -> tuple[str, list[str]]:
        if not name or " " in name or "\n" in name:
            raise KeyError(name)
        start = self._text.find(f"\n{name} ")
        if start < 0:
            raise KeyError(name)
        words = self._text[start + 1 : self._text.index("\n", start + 1)].split(" ")
        return words[1], words[2:]


def is_integer(name: str) -> bool:
    """Whether a type is one of QEMU's own integers, of whatever width."""
    return name == "size" or name.rstrip("0123456789") in ("int", "uint")


@cache
def table(version: tuple[int, int], program: str) -> Table:
    """What was recorded of one QEMU.

    Args:
        version: major and minor number.
        program: ``qemu-system`` or ``qsd``.

    Raises:
        LookupError: nothing was recorded of it.
    """
    path = join(_FOLDER, f"{program}-{version[0]}.{version[1]}.txt")  # noqa: PTH118 the same
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 the same
            return Table(file.read())
    except FileNotFoundError:
        raise LookupError(f"no schema of {program} {version[0]}.{version[1]} was recorded") from None


def commands(version: tuple[int, int], program: str) -> list[str]:
    """The names of all commands of one QEMU, sorted.

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


def _struct(name: str, words: list[str]) -> Struct:
    tag, cases = None, {}
    if "|" in words:
        bar = words.index("|")
        tag = words[bar + 1]
        cases = _pairs(words[bar + 2 :])
        words = words[:bar]
    members = []
    for word in words:
        marked, _, kind = word.partition("=")
        bare = marked.rstrip("!?")
        marks = marked[len(bare) :]
        members.append(Member(bare, kind, "?" in marks, "!" in marks))
    return Struct(name, tuple(members), tag, cases)


def _enum(name: str, words: list[str]) -> Enum:
    values = tuple(word.rstrip("!") for word in words)
    return Enum(name, values, tuple(word[:-1] for word in words if word.endswith("!")))


def _alternate(name: str, words: list[str]) -> Alternate:
    return Alternate(name, _pairs(words))


def _pairs(words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        key, _, value = word.partition("=")
        pairs[key] = value
    return pairs


_READERS: dict[str, Callable[[str, list[str]], Type]] = {"object": _struct, "enum": _enum, "alternate": _alternate}
