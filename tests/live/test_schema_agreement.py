"""A real QEMU has the recorded schema, and refuses malformed arguments in the words of its visitor."""

from __future__ import annotations

from typing import Any

import pytest

from tests.replay.real import RealTarget
from tests.schema.agreement import disagreements
from tests.schema.malformed import COMMANDS
from tests.schema.reach import reach
from txsh.schema.borrow import table_of
from txsh.schema.reply import commands_reply
from txsh.schema.table import table

PROGRAMS = {"qsd": "qsd", "qemu-system": "system"}

pytestmark = [pytest.mark.live, pytest.mark.parametrize("program", PROGRAMS)]


def told(program: str, command: str) -> Any:
    """What the real one answers to a query."""
    target = RealTarget()
    try:
        target.start(PROGRAMS[program], [])
        reply = target.execute({"execute": command})
    finally:
        target.close()
    assert reply is not None
    return reply["return"]


def test_the_real_one_says_the_same_of_a_thousand_spoiled_arguments(program: str, installed: tuple[int, int]) -> None:
    assert disagreements(program, 1000, 72, installed) == []


def test_the_real_one_has_the_recorded_commands_in_that_order(program: str, installed: tuple[int, int]) -> None:
    """Builds differ in what was left out of them, so what only one of the two has is not looked at."""
    recorded = [command["name"] for command in commands_reply(table(installed, program))]
    real = [command["name"] for command in told(program, "query-commands")]

    assert [name for name in real if name in recorded] == [name for name in recorded if name in real]
    assert set(COMMANDS) <= set(real)


def test_the_real_one_has_the_recorded_types_of_the_block_layer(program: str, installed: tuple[int, int]) -> None:
    recorded = table(installed, program)
    real = table_of(told(program, "query-qmp-schema"), recorded)

    for name in COMMANDS:
        assert real.command(name) == recorded.command(name)
    wanted = reach(recorded, ("TransactionAction", "BlockdevBackup", "JobInfo", "BlockJobInfo"))
    assert len(wanted) > 20
    for name in wanted:
        assert real.type(name) == recorded.type(name)
