"""Which recorded types others refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.schema.entry import Alternate, Enum, Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from txsh.schema.table import Table

_OWN = ("str", "bool", "number", "null", "any", "size")


def reach(types: Table, names: Iterable[str]) -> set[str]:
    """Everything that types refer to, themselves included; a name that cannot be looked up raises."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().strip("[]")
        if name not in seen and name not in _OWN and not name.startswith(("int", "uint")):
            seen.add(name)
            waiting += _referred(types.type(name))
    return seen


def _referred(found: Struct | Enum | Alternate) -> Iterator[str]:
    if isinstance(found, Struct):
        yield from (member.type for member in found.members)
        yield from found.cases.values()
    elif isinstance(found, Alternate):
        yield from found.kinds.values()
