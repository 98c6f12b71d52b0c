"""A quick look at arguments: most are well formed, and to see that takes no paths and no messages.

A check per type, made when it is first needed, says whether a value is certainly one that QEMU takes; False means that
the visitor has to look, not that anything is wrong. Knows no messages and no order: `txsh.schema.visitor` does.
"""

from __future__ import annotations

from txsh.schema.entry import Alternate, Enum
from txsh.schema.integer import bounds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from txsh.schema.entry import Member, Struct
    from txsh.schema.table import Table

    Check = Callable[[Any], bool]

_PLAIN: dict[str, frozenset[type]] = {
    "str": frozenset((str,)),
    "bool": frozenset((bool,)),
    "number": frozenset((int, float)),
    "null": frozenset((type(None),)),
}
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}


class Checks(dict[str, "Check"]):
    """The checks of one QEMU's types, by name.

    Args:
        types: where types are looked up.
    """

    def __init__(self, types: Table) -> None:
        super().__init__()
        self._types = types

    def __missing__(self, name: str) -> Check:
        made = self[name] = self._made(name)
        return made

    def _made(self, name: str) -> Check:
        if name.startswith("["):
            return self._list(name[1:-1])
        if name in _PLAIN:
            return _plain(_PLAIN[name])
        if name == "any":
            return lambda _value: True
        bounds = bounds_of(name)
        return self._defined(name) if bounds is None else _integer(*bounds)

    def _defined(self, name: str) -> Check:
        found = self._types.type(name)
        if isinstance(found, Enum):
            return _enum(frozenset(found.values))
        if isinstance(found, Alternate):
            return self._alternate(found)
        return _Object(self._types, self, found.members, found).fit

    def _list(self, element: str) -> Check:
        check_item = self[element]

        def check(value: Any) -> bool:
            if type(value) is not list:
                return False
            for item in value:  # noqa: SIM110  # a generator costs more than the check
                if not check_item(item):
                    return False
            return True

        return check

    def _alternate(self, found: Alternate) -> Check:
        names = {kind: name for word, name in found.kinds.items() for kind in _KINDS[word]}

        def check(value: Any) -> bool:
            name = names.get(type(value))
            return name is not None and self[name](value)

        return check


class _Object:
    """The members of an object; the check of each is looked up when one is met first, as types go in circles."""

    __slots__ = ("_cases", "_checks", "_found", "_members", "_required", "_tag", "_tagged", "_types")

    def __init__(self, types: Table, checks: Checks, members: tuple[Member, ...], last: Struct | None) -> None:
        self._types = types
        self._checks = checks
        self._members = {member.name: member for member in members}
        self._required = frozenset(member.name for member in members if not member.optional)
        self._found: dict[str, Check] = {}
        self._tag = None if last is None else last.tag
        self._cases = {} if last is None else last.cases
        self._tagged: dict[str, _Object] = {}

    def fit(self, value: Any) -> bool:
        """Whether a value is an object of these members."""
        if type(value) is not dict:
            return False
        if self._tag is not None:
            return self._fit_tagged(value, value.get(self._tag))
        found = self._found
        for name, each in value.items():
            check = found.get(name)
            if check is None:
                if name not in self._members:
                    return False
                check = found[name] = self._checks[self._members[name].type]
            if not check(each):
                return False
        return self._required <= value.keys()

    def _fit_tagged(self, value: dict[str, Any], word: Any) -> bool:
        if type(word) is not str:
            return False
        fields = self._tagged.get(word)
        if fields is None:
            name = self._cases.get(word)
            further = None if name is None else self._types.struct(name)
            members = (*self._members.values(), *(further.members if further else ()))
            fields = self._tagged[word] = _Object(self._types, self._checks, members, further)
        return fields.fit(value)


def _plain(kinds: frozenset[type]) -> Check:
    return lambda value: type(value) in kinds


def _enum(values: frozenset[str]) -> Check:
    return lambda value: type(value) is str and value in values


def _integer(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most
