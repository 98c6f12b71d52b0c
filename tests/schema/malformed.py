"""Arguments made from a schema and then spoiled, at random but repeatable. Knows nothing of what QEMU says to them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from txsh.schema.entry import Alternate, Enum, Struct
from txsh.schema.table import table

if TYPE_CHECKING:
    from random import Random

    from txsh.schema.table import Table

COMMANDS = (
    "transaction",
    "block-dirty-bitmap-add",
    "block-dirty-bitmap-remove",
    "block-dirty-bitmap-clear",
    "block-dirty-bitmap-enable",
    "block-dirty-bitmap-disable",
    "block-dirty-bitmap-merge",
    "x-debug-block-dirty-bitmap-sha256",
    "blockdev-backup",
    "blockdev-add",
    "blockdev-del",
    "blockdev-reopen",
    "job-cancel",
    "job-pause",
    "job-resume",
    "job-complete",
    "job-finalize",
    "job-dismiss",
    "block-job-cancel",
    "block-job-pause",
    "block-job-resume",
    "block-job-complete",
    "block-job-finalize",
    "block-job-dismiss",
    "block-job-set-speed",
    "query-jobs",
    "query-block-jobs",
    "query-named-block-nodes",
    "query-block-exports",
    "query-version",
    "nbd-server-start",
    "nbd-server-stop",
    "block-export-add",
    "block-export-del",
)

_SAFE_DRIVERS = ("file", "raw", "qcow2", "null-co", "blkdebug", "throttle", "copy-on-read")
"""What blockdev-add may be asked for: nothing that would open a connection."""

_STRAY = ("x", "y", "node", "zz-top", "a.b", "", "Name", "node-name", "type", "data", "\u00e9t\u00e9")
_ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    256,
    65536,
    1 << 31,
    1 << 32,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
    1 << 64,
    -(1 << 63) - 1,
    1.5,
    2.0,
    "",
    "64k",
    "no",
    [],
    [1],
    ["s"],
    [[]],
    {},
    {"x": 1},
)
_DEEP = 6


def arguments(random: Random, version: tuple[int, int], program: str, command: str) -> dict[str, Any]:
    """Arguments of the right shape, spoiled in one to three places (sometimes in none)."""
    types = table(version, program)
    found = types.command(command)
    assert found is not None
    made: dict[str, Any] = _Maker(random, types).struct(found.argument, 0)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        made = _spoil(random, made)
    return made


class _Maker:
    """Makes values that a type takes."""

    def __init__(self, random: Random, types: Table) -> None:
        self._random = random
        self._types = types

    def struct(self, struct: Struct, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for member in struct.members:
            if not member.optional or self._random.random() < (0.5 if depth < _DEEP else 0.1):
                made[member.name] = self._value(member.type, member.name, depth + 1)
        if struct.tag is not None and made[struct.tag] in struct.cases:
            made |= self.struct(self._types.struct(struct.cases[made[struct.tag]]), depth)
        return made

    def _value(self, name: str, member: str, depth: int) -> Any:
        if name.startswith("["):
            count = self._random.choice((0, 1, 1, 2, 3)) if depth < _DEEP else 0
            return [self._value(name[1:-1], member, depth + 1) for _ in range(count)]
        plain = self._plain(name)
        return self._defined(name, member, depth) if plain is None else plain

    def _plain(self, name: str) -> Any:
        return {
            "str": self._random.choice(("n0", "b", "j", "")),
            "bool": self._random.random() < 0.5,
            "number": self._random.choice((1, 0.5)),
            "null": None,
            "any": {},
        }.get(name, self._random.choice((0, 1, 512, 65536)) if name.startswith(("int", "uint", "size")) else None)

    def _defined(self, name: str, member: str, depth: int) -> Any:
        if name == "null":
            return None
        found = self._types.type(name)
        if isinstance(found, Enum):
            values = _SAFE_DRIVERS if name == "BlockdevDriver" else found.values
            return self._random.choice(values)
        if isinstance(found, Alternate):
            kind = self._random.choice(sorted(found.kinds))
            if depth > _DEEP:
                kind = next((plain for plain in ("string", "null", "boolean") if plain in found.kinds), kind)
            return self._value(found.kinds[kind], member, depth + 1)
        return self.struct(found, depth)


def _spoil(random: Random, made: dict[str, Any]) -> dict[str, Any]:
    """A copy with one place changed: a member gone, a member too many, or another value."""
    spoiled = copy.deepcopy(made)
    places = list(_places(spoiled))
    what = random.randrange(4)
    containers = [spoiled, *(holder[key] for holder, key in places if isinstance(holder[key], dict))]
    if what == 0 or not places:
        holder = random.choice(containers)
        for name in random.sample(_STRAY, random.choice((1, 1, 2, 4))):
            holder.setdefault(name, 1)
    elif what == 1:
        holder, key = random.choice(places)
        del holder[key]
    else:
        holder, key = random.choice(places)
        holder[key] = copy.deepcopy(random.choice(_ODD))
    return spoiled


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
