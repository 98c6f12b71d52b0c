"""Looking up recorded types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from txsh.schema.record import Joined
from txsh.schema.table import Alternate, Enum, Member, Struct, Table, command, table

if TYPE_CHECKING:
    from collections.abc import Iterator

V7_2 = (7, 2)
PROGRAMS = ("qsd", "qemu-system")


def reached(types: Table, name: str, seen: set[str]) -> None:
    """Walk everything a type refers to; a name that cannot be looked up raises."""
    name = name.strip("[]")
    if name in seen or name in ("str", "bool", "number", "null", "any", "size") or name.startswith(("int", "uint")):
        return
    seen.add(name)
    for other in referred(types.type(name)):
        reached(types, other, seen)


def referred(found: Struct | Enum | Alternate) -> Iterator[str]:
    if isinstance(found, Struct):
        yield from (member.type for member in found.members)
        yield from found.cases.values()
    elif isinstance(found, Alternate):
        yield from found.kinds.values()


def test_a_command_tells_its_members_in_qemus_order_with_their_integer_types() -> None:
    add = command(V7_2, "qsd", "block-dirty-bitmap-add")

    assert add is not None
    assert not add.deprecated
    assert add.argument.members == (
        Member("node", "str", optional=False, deprecated=False),
        Member("name", "str", optional=False, deprecated=False),
        Member("granularity", "uint32", optional=True, deprecated=False),
        Member("persistent", "bool", optional=True, deprecated=False),
        Member("disabled", "bool", optional=True, deprecated=False),
    )


def test_a_deprecated_command_says_so() -> None:
    types = table(V7_2, "qsd")

    deprecated = [name for name in types.commands() if (found := types.command(name)) and found.deprecated]

    assert deprecated == ["drive-backup", "nbd-server-add", "nbd-server-remove"]


def test_a_name_no_command_has_gives_none() -> None:
    assert command(V7_2, "qsd", "blockdev-foo") is None


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_type_a_command_reaches_is_there(program: str) -> None:
    types = table(V7_2, program)
    seen: set[str] = set()

    for name in types.commands():
        found = types.command(name)
        assert found is not None
        reached(types, found.argument.name, seen)

    assert len(seen) > len(types.commands())


def test_the_system_emulator_has_all_that_transactions_need_in_a_storage_daemon() -> None:
    daemon, system = (table(V7_2, program) for program in PROGRAMS)

    assert daemon.type("TransactionAction") == system.type("TransactionAction")
    assert daemon.type("BlockdevBackup") == system.type("BlockdevBackup")


class Source:
    """Stands for QEMU's own parser: entities with attributes, as it makes them."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def json_type(self) -> Any:
        return self.__dict__["kind"]


def test_recording_joins_what_a_qemu_tells_with_the_names_and_integers_of_its_source() -> None:
    entries: list[dict[str, Any]] = [
        {"meta-type": "command", "name": "go", "arg-type": "1", "ret-type": "0", "features": ["deprecated"]},
        {
            "meta-type": "object",
            "name": "1",
            "members": [{"name": "size", "type": "int"}, {"name": "to", "type": "[2]", "default": None}],
        },
        {"meta-type": "array", "name": "[2]", "element-type": "2"},
        {"meta-type": "alternate", "name": "2", "members": [{"type": "str"}, {"type": "3"}]},
        {"meta-type": "enum", "name": "3x", "members": [{"name": "on"}], "values": ["on"]},
        {"meta-type": "object", "name": "3", "members": []},
        {"meta-type": "builtin", "name": "str", "json-type": "string"},
        {"meta-type": "builtin", "name": "int", "json-type": "int"},
    ]
    text, number = Source(name="str", kind="string"), Source(name="uint32", kind="int")
    empty = Source(name="Nothing", kind="object", members=[], variants=None)
    variants = Source(variants=[Source(type=text), Source(type=empty)])
    either = Source(name="Either", kind="value", variants=variants)
    members = [Source(name="size", type=number), Source(name="to", type=Source(element_type=either))]
    argument = Source(name="q_obj_go-arg", members=members, variants=None)
    go = Source(gen=True, arg_type=argument)

    lines = Joined(entries, Source(lookup_entity=lambda _name: go)).lines()

    assert lines == [
        "go command! q_obj_go-arg",
        "Either alternate string=str object=Nothing",
        "Nothing object",
        "q_empty object",
        "q_obj_go-arg object size=uint32 to?=[Either]",
    ]
