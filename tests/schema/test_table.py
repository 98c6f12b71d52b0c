"""Looking up recorded types."""

from __future__ import annotations

import pytest

from tests.schema.reach import reach
from txsh.schema.entry import Member
from txsh.schema.table import command, table

V7_2 = (7, 2)
VERSIONS = ((7, 2), (10, 0), (11, 1))
PROGRAMS = ("qsd", "qemu-system")


def test_a_command_tells_its_members_in_qemus_order_with_their_integer_types() -> None:
    add = command(V7_2, "qsd", "block-dirty-bitmap-add")

    assert add is not None
    assert not add.deprecated
    assert add.argument.members == (
        Member("node", "str", optional=False),
        Member("name", "str", optional=False),
        Member("granularity", "uint32", optional=True),
        Member("persistent", "bool", optional=True),
        Member("disabled", "bool", optional=True),
    )


def test_a_deprecated_command_says_so() -> None:
    types = table(V7_2, "qsd")

    deprecated = [name for name in types.commands() if (found := types.command(name)) and found.deprecated]

    assert sorted(deprecated) == ["drive-backup", "nbd-server-add", "nbd-server-remove"]


def test_a_command_tells_what_it_returns_and_how_it_may_be_sent() -> None:
    jobs, negotiation = (command(V7_2, "qsd", name) for name in ("query-jobs", "qmp_capabilities"))
    yank = command(V7_2, "qemu-system", "yank")

    assert jobs is not None
    assert negotiation is not None
    assert yank is not None
    assert (jobs.returns, jobs.oob, jobs.preconfig) == ("[JobInfo]", False, False)
    assert (negotiation.returns, negotiation.preconfig) == ("q_empty", True)
    assert yank.oob


def test_an_event_tells_its_members() -> None:
    event = table(V7_2, "qsd").event("JOB_STATUS_CHANGE")

    assert event is not None
    assert [(member.name, member.type) for member in event.argument.members] == [("id", "str"), ("status", "JobStatus")]
    assert table(V7_2, "qsd").event("query-jobs") is None
    assert command(V7_2, "qsd", "JOB_STATUS_CHANGE") is None


def test_features_stand_where_qemu_says_them() -> None:
    types = table(V7_2, "qsd")
    backup = types.struct("BlockdevBackup")

    assert {member.name: member.features for member in backup.members if member.features} == {"x-perf": ("unstable",)}
    assert types.struct("BlockdevOptionsFile").features == ("dynamic-auto-read-only",)


def test_a_name_no_command_has_gives_none() -> None:
    assert command(V7_2, "qsd", "blockdev-foo") is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_type_a_command_reaches_is_there(version: tuple[int, int], program: str) -> None:
    types = table(version, program)
    commands = [types.command(name) for name in types.commands()]

    names = [name for found in commands if found for name in (found.argument.name, found.returns)]

    assert len(reach(types, names)) > len(commands)


def test_the_system_emulator_has_all_that_transactions_need_in_a_storage_daemon() -> None:
    daemon, system = (table(V7_2, program) for program in PROGRAMS)

    assert daemon.type("TransactionAction") == system.type("TransactionAction")
    assert daemon.type("BlockdevBackup") == system.type("BlockdevBackup")
