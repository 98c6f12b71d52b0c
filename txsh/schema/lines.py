"""Writes a reply of ``query-qmp-schema`` as the lines that `txsh.schema.table` reads.

The reply calls types by numbers and every integer ``int``. Who knows better (a source tree, the schema of another
QEMU) says so in `Names`; without, the lines keep the numbers. Knows nothing of processes and source trees.
"""

from __future__ import annotations

from txsh.schema.table import EMPTY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NamedTuple
else:
    from txsh.named import NamedTuple

_JSON_KINDS = {"enum": "string", "array": "array", "object": "object"}


class Names(NamedTuple):
    """What a reply does not tell.

    Args:
        types: number in the reply -> QEMU's name.
        integers: (number of the object or alternate, or a command; member, or the kind ``number``, or ``->``) -> which
            integer stands there, as ``uint32`` or ``[uint32]``.
        flags: command -> its flags that the reply has not.
    """

    types: dict[str, str]
    integers: dict[tuple[str, str], str]
    flags: dict[str, tuple[str, ...]]


def lines_of(entries: list[dict[str, Any]], names: Names) -> list[str]:
    """One line an entry, in the order of the reply."""
    return list(_Writer(entries, names).lines())


class _Writer:
    """Writes the lines of one reply."""

    def __init__(self, entries: list[dict[str, Any]], names: Names) -> None:
        self._entries = entries
        self._recorded = {entry["name"]: entry for entry in entries}
        self._names = names
        self._number = -1  # the number before the first

    def lines(self) -> Iterable[str]:
        for entry in self._entries:
            words = getattr(self, f"_{entry['meta-type']}")(entry)
            yield " ".join([self._type(entry["name"]), *words])

    def _command(self, entry: dict[str, Any]) -> list[str]:
        name = entry["name"]
        flags = ("oob",) * ("allow-oob" in entry) + self._names.flags.get(name, ())
        words = ["+".join(["command", *flags]) + _features(entry), self._type(entry["arg-type"])]
        returns = self._member_type(name, "->", entry["ret-type"])
        return words if returns == EMPTY else [*words, "->", returns]

    def _event(self, entry: dict[str, Any]) -> list[str]:
        return ["event" + _features(entry), self._type(entry["arg-type"])]

    def _object(self, entry: dict[str, Any]) -> list[str]:
        words = [self._numbered("object", entry)]
        for member in entry["members"]:
            mark = "?" if "default" in member else ""
            kind = self._member_type(entry["name"], member["name"], member["type"])
            words.append(f"{member['name']}{mark}{_features(member)}={kind}")
        if "tag" in entry:
            words += ["|", entry["tag"]]
            cases = [(variant["case"], self._type(variant["type"])) for variant in entry["variants"]]
            words += [f"{case}={name}" for case, name in cases if name != EMPTY]
        return words

    def _enum(self, entry: dict[str, Any]) -> list[str]:
        # QEMUs before 6.2 tell the values alone.
        members = entry["members"] if "members" in entry else [{"name": value} for value in entry["values"]]
        return [self._numbered("enum", entry), *(member["name"] + _features(member) for member in members)]

    def _alternate(self, entry: dict[str, Any]) -> list[str]:
        words = [self._numbered("alternate", entry)]
        for member in entry["members"]:
            recorded = self._recorded[member["type"]]
            kind = _JSON_KINDS.get(recorded["meta-type"]) or recorded["json-type"]
            kind = "number" if kind == "int" else kind
            words.append(f"{kind}={self._member_type(entry['name'], kind, member['type'])}")
        return words

    def _array(self, _entry: dict[str, Any]) -> list[str]:
        return ["array"]

    def _builtin(self, _entry: dict[str, Any]) -> list[str]:
        return ["builtin"]

    def _numbered(self, kind: str, entry: dict[str, Any]) -> str:
        """The kind with what the reply calls the type, where that does not follow from the line before."""
        number, self._number = int(entry["name"]), self._number + 1
        if number != self._number:
            self._number = number
            kind = f"{kind}#{number}"
        return kind + _features(entry)

    def _member_type(self, owner: str, member: str, recorded: str) -> str:
        return self._names.integers.get((owner, member)) or self._type(recorded)

    def _type(self, recorded: str) -> str:
        if recorded.startswith("["):
            return f"[{self._type(recorded[1:-1])}]"
        return self._names.types.get(recorded, recorded)


def _features(entry: dict[str, Any]) -> str:
    features = entry.get("features")
    return f"({','.join(features)})" if features else ""
