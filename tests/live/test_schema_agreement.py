"""A real QEMU 7.2 refuses malformed arguments in the words of the recorded schema's visitor."""

from __future__ import annotations

import pytest

from tests.replay.real import RealTarget
from tests.schema.agreement import disagreements
from txsh.schema.reply import commands_reply
from txsh.schema.table import table

PROGRAMS = {"qsd": "qsd", "qemu-system": "system"}


@pytest.mark.live
@pytest.mark.usefixtures("installed_7_2")
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_real_one_says_the_same_of_a_thousand_spoiled_arguments(program: str) -> None:
    assert disagreements(program, 1000, seed=72) == []


@pytest.mark.live
@pytest.mark.usefixtures("installed_7_2")
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_real_one_has_the_recorded_commands(program: str) -> None:
    target = RealTarget()
    try:
        target.start(PROGRAMS[program], [])
        reply = target.execute({"execute": "query-commands"})
    finally:
        target.close()

    assert reply is not None
    assert reply["return"] == commands_reply(table((7, 2), program))
