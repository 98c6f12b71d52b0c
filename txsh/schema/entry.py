"""What a schema has: commands, events and the types of their members. Plain values, which know no files and no JSON."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple


class Member(NamedTuple):
    """One member of an object: its name, its type's name, and what QEMU says about it."""

    name: str
    type: str
    optional: bool
    features: tuple[str, ...] = ()


class Struct(NamedTuple):
    """An object. A tagged one continues with the members of the type that its tag's value names.

    Args:
        name: QEMU's name of the type.
        members: in the order QEMU reads them.
        tag: the member whose value decides, or None.
        cases: value of the tag -> type with the further members; values that add none are absent.
        features: what QEMU says about it.
    """

    name: str
    members: tuple[Member, ...]
    tag: str | None
    cases: dict[str, str]
    features: tuple[str, ...] = ()


class Enum(NamedTuple):
    """A closed set of words, with what QEMU says of those about which it says something."""

    name: str
    values: tuple[str, ...]
    value_features: dict[str, tuple[str, ...]]
    features: tuple[str, ...] = ()


class Alternate(NamedTuple):
    """One of several types, told apart by what kind of JSON value stands there."""

    name: str
    kinds: dict[str, str]
    features: tuple[str, ...] = ()


class Command(NamedTuple):
    """A command.

    Args:
        name: QMP's name.
        argument: the type whose members are its arguments.
        returns: the type of its reply.
        features: what QEMU says about it, ``deprecated`` or ``unstable``.
        oob: it may be sent out of band.
        preconfig: it may be sent before the machine exists.
        by_hand: QEMU does not check its arguments by type (``device_add``).
    """

    name: str
    argument: Struct
    returns: str
    features: tuple[str, ...]
    oob: bool
    preconfig: bool
    by_hand: bool

    @property
    def deprecated(self) -> bool:
        """QEMU marks it so."""
        return "deprecated" in self.features


class Event:
    """An event and the type whose members are its data."""

    __slots__ = ("argument", "features", "name")

    def __init__(self, name: str, argument: Struct, features: tuple[str, ...]) -> None:
        self.name = name
        self.argument = argument
        self.features = features


Type = Struct | Enum | Alternate
