"""Schemas of QEMUs that were never recorded: their own reply, with names borrowed from a recorded one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from txsh.schema import table as tables
from txsh.schema.borrow import table_of
from txsh.schema.recorded import meet, nearest, nearest_table
from txsh.schema.reply import schema_reply
from txsh.schema.table import Line, table
from txsh.schema.visitor import refusal
from txsh.schema.words import read_words

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = ((7, 2), (10, 0), (11, 1))


@pytest.fixture(autouse=True)
def nothing_at_hand() -> Iterator[None]:
    yield
    tables._AT_HAND.clear()  # noqa: SLF001  # what a process met stays with it


def shown(line: Line) -> list[object]:
    return [getattr(line, name) for name in Line.__slots__]


@pytest.mark.parametrize("program", ["qsd", "qemu-system"])
@pytest.mark.parametrize("version", VERSIONS)
def test_everything_can_be_borrowed_from_the_same_version(version: tuple[int, int], program: str) -> None:
    own = table(version, program)

    borrowed = table_of(schema_reply(own), own)

    assert [shown(line) for line in borrowed.lines()] == [shown(line) for line in own.lines()]


@pytest.mark.parametrize("like", VERSIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_whoever_lends_the_names_the_reply_stays_what_it_was(version: tuple[int, int], like: tuple[int, int]) -> None:
    reply = schema_reply(table(version, "qsd"))

    assert schema_reply(table_of(reply, table(like, "qsd"))) == reply


def test_what_two_versions_share_gets_its_name_and_what_is_new_keeps_its_number() -> None:
    types = table_of(schema_reply(table((11, 1), "qsd")), table((10, 0), "qsd"))

    backup = {member.name: member.type for member in types.struct("BlockdevBackup").members}
    assert backup["on-cbw-error"] == "OnCbwError"
    assert types.struct("BlockDirtyBitmapAdd") == table((11, 1), "qsd").struct("BlockDirtyBitmapAdd")
    new = types.command("qom-list-get")
    assert new is not None
    assert new.argument.name.isdigit()
    assert [member.name for member in new.argument.members] == ["paths"]


def test_a_type_without_members_is_no_other_types_namesake() -> None:
    types = table_of(schema_reply(table((7, 2), "qsd")), table((11, 1), "qsd"))

    command = types.command("query-block")
    assert command is not None
    assert command.argument.members == ()
    assert command.argument.name != "q_obj_query-block-arg"


def test_a_qemu_that_was_met_is_judged_by_what_it_said_itself() -> None:
    with pytest.raises(LookupError):
        table((10, 1), "qsd")
    assert nearest((10, 1), "qsd") == (10, 0)
    new = {"device": "d", "target": "t", "sync": "full", "on-cbw-error": "break-snapshot"}

    meet((10, 1), "qsd", schema_reply(table((11, 1), "qsd")))

    assert nearest((10, 1), "qsd") == (10, 1)
    assert nearest_table((10, 1), "qsd").command("qom-list-get") is not None
    assert refusal((10, 1), "qsd", "blockdev-backup", new) is None
    refused = refusal((10, 1), "qsd", "block-dirty-bitmap-add", {"node": "n", "name": "b", "granularity": -1})
    assert refused is not None
    assert refused.description == "Parameter 'granularity' expects uint32_t"
    assert read_words((10, 1), "qsd", "blockdev-backup", [("speed", "1M")]) == {"speed": 1 << 20}


def test_an_enum_of_a_qemu_that_tells_its_values_alone_has_those() -> None:
    reply = schema_reply(table((7, 2), "qsd"))
    for entry in reply:
        if entry["meta-type"] == "enum":
            del entry["members"]

    assert table_of(reply, table((7, 2), "qsd")).type("MirrorSyncMode") == table((7, 2), "qsd").type("MirrorSyncMode")


def test_what_is_no_schema_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="no reply to query-qmp-schema"):
        table_of([{"name": "a"}], table((7, 2), "qsd"))
