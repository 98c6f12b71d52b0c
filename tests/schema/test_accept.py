"""The quick look at arguments accepts what the visitor accepts, and nothing else."""

from __future__ import annotations

from random import Random

import pytest

from tests.schema.malformed import arguments
from txsh.schema.accept import Checks
from txsh.schema.table import table
from txsh.schema.visitor import Visitor


class Everything(Checks):
    """A quick look that is never sure."""

    def __missing__(self, name: str) -> object:  # type: ignore[override]
        del name
        return lambda _value: False


@pytest.mark.parametrize("version", [(7, 2), (10, 0), (11, 1)])
@pytest.mark.parametrize("program", ["qsd", "qemu-system"])
def test_it_says_yes_exactly_where_the_visitor_has_nothing_to_say(version: tuple[int, int], program: str) -> None:
    types = table(version, program)
    random, checks, visitor = Random(11), Checks(types), Visitor(types)
    visitor._checks = Everything(types)  # noqa: SLF001  # it then always looks itself
    accepted, names = 0, types.commands()
    for _ in range(3000):
        name = random.choice(names)
        command = types.command(name)
        assert command is not None
        if not command.by_hand:
            given = arguments(random, version, program, name)
            assert checks[command.argument.name](given) == (visitor.refusal(name, given) is None), (name, given)
            accepted += checks[command.argument.name](given)
    assert 300 < accepted < 2700
