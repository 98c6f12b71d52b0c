"""What commands take, in words: for help and completion. Knows no verbs and prints nothing."""

from __future__ import annotations

from txsh.schema.entry import Alternate, Struct
from txsh.schema.recorded import nearest_table, recorded
from txsh.schema.scalar import type_in_words
from txsh.schema.table import EMPTY, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.schema.entry import Member
    from txsh.schema.table import Table
else:
    from txsh.named import NamedTuple


class MemberDescription(NamedTuple):
    """One member.

    Args:
        name: as QMP has it.
        takes: ``a string``, ``one of: full, top``, ``a list of: a string or an object``.
        type: the type's name, to ask for its own members where it is an object.
        optional: it may be left out.
        deprecated: QEMU means to drop it.
        unstable: QEMU promises nothing about it.
        since: the first recorded version that has it; None when the oldest has it.
    """

    name: str
    takes: str
    type: str
    optional: bool
    deprecated: bool
    unstable: bool
    since: tuple[int, int] | None


class Description(NamedTuple):
    """A command's arguments, or an object.

    Args:
        name: of the command or type.
        members: those that it always has.
        tag: the member that decides which further ones there are, or None.
        cases: value of the tag -> the type that has the further members.
        returns: what a command answers with, in words, and that type's name; None when it is nothing, and for a type.
        deprecated: QEMU means to drop it.
        unstable: QEMU promises nothing about it.
        since: the first recorded version that has it; None when the oldest has it.
    """

    name: str
    members: tuple[MemberDescription, ...]
    tag: str | None
    cases: dict[str, str]
    returns: tuple[str, str] | None
    deprecated: bool
    unstable: bool
    since: tuple[int, int] | None


def describe(version: tuple[int, int], program: str, name: str) -> Description | None:
    """A command or an object of a QEMU, or of the recorded one that stands for it; None when it has none.

    Of what may be an object or something else, the object is described.

    Raises:
        LookupError: there is no such program.
    """
    types = nearest_table(version, program)
    command = types.command(name)
    struct = _struct(types, name)
    if struct is None:
        return None
    history = _History(program, name)
    features = struct.features if command is None else command.features
    return Description(
        name,
        tuple(_member(types, each, history.since(each.name)) for each in struct.members),
        struct.tag,
        struct.cases,
        None
        if command is None or command.returns == EMPTY
        else (type_in_words(types, command.returns), command.returns),
        "deprecated" in features,
        "unstable" in features,
        history.since(None),
    )


def _member(types: Table, member: Member, since: tuple[int, int] | None) -> MemberDescription:
    takes = type_in_words(types, member.type)
    deprecated, unstable = ("deprecated" in member.features, "unstable" in member.features)
    return MemberDescription(member.name, takes, member.type, member.optional, deprecated, unstable, since)


class _History:
    """One command or type through the recorded versions."""

    def __init__(self, program: str, name: str) -> None:
        self._versions = recorded(program)
        self._structs = [_struct(table(version, program), name) for version in self._versions]

    def since(self, member: str | None) -> tuple[int, int] | None:
        """The first version that has a member, or just the name; None for the oldest."""
        for version, struct in zip(self._versions, self._structs, strict=True):
            if struct is not None and (member is None or any(each.name == member for each in struct.members)):
                return None if version == self._versions[0] else version
        return None


def _struct(types: Table, name: str) -> Struct | None:
    command = types.command(name)
    found = types.find(name) if command is None else command.argument
    if isinstance(found, Alternate):
        found = types.find(found.kinds.get("object", ""))
    return found if isinstance(found, Struct) else None
