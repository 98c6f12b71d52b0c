"""What ``query-qmp-schema`` and ``query-commands`` answer, made from what was recorded. Knows no running QEMU.

Source: scripts/qapi/introspect.py (what an entry holds), monitor/qmp-cmds-control.c (order of the commands). Members
stand in the order in which QEMU writes them.
"""

from __future__ import annotations

from txsh.schema.entry import Alternate, Enum, Struct
from txsh.schema.integer import is_integer
from txsh.schema.table import EMPTY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.schema.table import Line, Table

_JSON_TYPES = {"str": "string", "int": "int", "number": "number", "bool": "boolean", "null": "null", "any": "value"}
_NUMBERED = ("object", "enum", "alternate")


def schema_reply(types: Table) -> list[dict[str, Any]]:
    """The reply to ``query-qmp-schema``: every entry, types under the numbers that hide their names."""
    return _Reply(types).entries()


def commands_reply(types: Table) -> list[dict[str, str]]:
    """The reply to ``query-commands``: the last one registered first, those that are checked by hand last of all."""
    found = [command for name in types.commands() if (command := types.command(name))]
    registered = sorted(found, key=lambda command: command.by_hand)
    return [{"name": command.name} for command in reversed(registered)]


class _Reply:
    """Makes the entries of one program."""

    def __init__(self, types: Table) -> None:
        self._types = types
        self._lines = list(types.lines())
        self._numbers: dict[str, str] = {}
        number = -1  # the number before the first
        for line in self._lines:
            if line.kind in _NUMBERED:
                number = number + 1 if line.number is None else line.number
                self._numbers[line.name] = str(number)

    def entries(self) -> list[dict[str, Any]]:
        return [self._entry(line) for line in self._lines]

    def _entry(self, line: Line) -> dict[str, Any]:
        made: dict[str, Any] = getattr(self, f"_{line.kind}")(line)
        if line.features:
            made["features"] = list(line.features)
        return made

    def _command(self, line: Line) -> dict[str, Any]:
        found = self._types.command(line.name)
        assert found is not None
        oob = {"allow-oob": True} if found.oob else {}
        return {
            "name": line.name,
            "ret-type": self._type(found.returns),
            **oob,
            "meta-type": "command",
            "arg-type": self._type(found.argument.name),
        }

    def _event(self, line: Line) -> dict[str, Any]:
        return {"name": line.name, "meta-type": "event", "arg-type": self._type(line.words[0])}

    def _object(self, line: Line) -> dict[str, Any]:
        found = self._types.struct(line.name)
        entry: dict[str, Any] = {"name": self._type(line.name)}
        if found.tag is not None:
            entry["tag"] = found.tag
            entry["variants"] = self._variants(found)
        members = []
        for member in found.members:
            default = {"default": None} if member.optional else {}
            features = {"features": list(member.features)} if member.features else {}
            members.append({"name": member.name, **default, "type": self._type(member.type), **features})
        return {**entry, "members": members, "meta-type": "object"}

    def _variants(self, found: Struct) -> list[dict[str, str]]:
        """Every value of the tag: those that add members as the schema has them, then the others."""
        tag = next(self._types.type(member.type) for member in found.members if member.name == found.tag)
        assert isinstance(tag, Enum)
        cases = found.cases | {value: EMPTY for value in tag.values if value not in found.cases}
        return [{"case": case, "type": self._type(name)} for case, name in cases.items()]

    def _enum(self, line: Line) -> dict[str, Any]:
        found = self._types.type(line.name)
        assert isinstance(found, Enum)
        members = [
            {"name": value} | ({"features": list(found.value_features[value])} if value in found.value_features else {})
            for value in found.values
        ]
        return {"name": self._type(line.name), "members": members, "meta-type": "enum", "values": list(found.values)}

    def _alternate(self, line: Line) -> dict[str, Any]:
        found = self._types.type(line.name)
        assert isinstance(found, Alternate)
        members = [{"type": self._type(name)} for name in found.kinds.values()]
        return {"name": self._type(line.name), "members": members, "meta-type": "alternate"}

    def _array(self, line: Line) -> dict[str, Any]:
        name = self._type(line.name)
        return {"name": name, "element-type": name[1:-1], "meta-type": "array"}

    def _builtin(self, line: Line) -> dict[str, Any]:
        return {"name": line.name, "json-type": _JSON_TYPES[line.name], "meta-type": "builtin"}

    def _type(self, name: str) -> str:
        """What the reply calls a type."""
        if name.startswith("["):
            return f"[{self._type(name[1:-1])}]"
        return "int" if is_integer(name) else self._numbers.get(name, name)
