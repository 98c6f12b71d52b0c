"""Names and integer types for a reply of ``query-qmp-schema``, borrowed from the recorded schema of another QEMU.

The reply hides them; but what has the same members in both is the same type. Types that the other does not know keep
their numbers, and integers that it does not know are plain ``int``. Knows no source trees and no processes.
"""

from __future__ import annotations

from txsh.schema.entry import Alternate, Enum, Struct
from txsh.schema.integer import is_integer
from txsh.schema.lines import Names, lines_of
from txsh.schema.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.schema.entry import Type

_META_TYPES: dict[type, str] = {Struct: "object", Enum: "enum", Alternate: "alternate"}
"""What the reply calls the kinds of types."""


def table_of(entries: list[dict[str, Any]], like: Table) -> Table:
    """The schema of a QEMU at hand.

    Args:
        entries: its reply to ``query-qmp-schema``.
        like: the recorded schema of the nearest version.

    Raises:
        ValueError: it is no such reply.
    """
    try:
        types = Table("\n".join(["", *lines_of(entries, borrowed_names(entries, like)), ""]))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("no reply to query-qmp-schema") from error
    if types.command("query-qmp-schema") is None:
        raise ValueError("a reply to query-qmp-schema that does not know it")
    return types


def borrowed_names(entries: list[dict[str, Any]], like: Table) -> Names:
    """What another schema knows of the types that a reply has."""
    return _Walk(entries, like).names()


class _Walk:
    """Walks a reply and a recorded schema side by side, from the commands and events down."""

    def __init__(self, entries: list[dict[str, Any]], like: Table) -> None:
        self._entries = entries
        self._recorded = {entry["name"]: entry for entry in entries}
        self._like = like
        self._names = Names({}, {}, {})
        self._given: set[str] = set()

    def names(self) -> Names:
        for entry in self._entries:
            if entry["meta-type"] == "command":
                self._command(entry)
            elif entry["meta-type"] == "event":
                event = self._like.event(entry["name"])
                if event is not None:
                    self._type(entry["name"], "", entry["arg-type"], event.argument.name)
        return self._names

    def _command(self, entry: dict[str, Any]) -> None:
        name = entry["name"]
        known = self._like.command(name)
        if known is None:
            return
        self._type(name, "", entry["arg-type"], known.argument.name)
        self._type(name, "->", entry["ret-type"], known.returns)
        flags = ("preconfig",) * known.preconfig + ("by-hand",) * known.by_hand
        if flags:
            self._names.flags[name] = flags

    def _type(self, owner: str, member: str, recorded_name: str, name: str) -> None:
        """Note what a type is called, if the two are of a kind; those it refers to are walked when it is met first."""
        recorded = self._recorded[recorded_name]
        if recorded["meta-type"] == "array":
            if name.startswith("["):
                self._element(owner, member, recorded["element-type"], name[1:-1])
        elif recorded["meta-type"] == "builtin":
            if recorded_name == "int" and is_integer(name):
                self._names.integers[owner, member] = name
        elif recorded_name not in self._names.types and name not in self._given:
            self._defined(recorded, self._like.find(name))

    def _defined(self, recorded: dict[str, Any], known: Type | None) -> None:
        if known is None or _META_TYPES[type(known)] != recorded["meta-type"]:
            return
        if isinstance(known, Struct) and not _alike(recorded, known):
            return
        self._names.types[recorded["name"]] = known.name
        self._given.add(known.name)
        if isinstance(known, Struct):
            self._object(recorded, known)
        elif isinstance(known, Alternate):
            self._alternate(recorded, known)

    def _element(self, owner: str, member: str, recorded_name: str, name: str) -> None:
        if recorded_name == "int" and is_integer(name):
            self._names.integers[owner, member] = f"[{name}]"
        self._type(owner, "", recorded_name, name)

    def _alternate(self, recorded: dict[str, Any], known: Alternate) -> None:
        for member in recorded["members"]:
            kind = self._kind(member["type"])
            if kind in known.kinds:
                self._type(recorded["name"], kind, member["type"], known.kinds[kind])

    def _object(self, recorded: dict[str, Any], known: Struct) -> None:
        by_name = {member.name: member.type for member in known.members}
        for member in recorded["members"]:
            if member["name"] in by_name:
                self._type(recorded["name"], member["name"], member["type"], by_name[member["name"]])
        for variant in recorded.get("variants", ()):
            if variant["case"] in known.cases:
                self._type(recorded["name"], "", variant["type"], known.cases[variant["case"]])

    def _kind(self, recorded_name: str) -> str:
        """JSON's word for what stands where a type is asked for."""
        recorded = self._recorded[recorded_name]
        kind = recorded.get("json-type", recorded["meta-type"])
        return str({"enum": "string", "int": "number"}.get(kind, kind))


def _alike(recorded: dict[str, Any], known: Struct) -> bool:
    """Whether two objects have a member in common, or both have none."""
    names = {member["name"] for member in recorded["members"]}
    return (not names and not known.members) or any(member.name in names for member in known.members)
