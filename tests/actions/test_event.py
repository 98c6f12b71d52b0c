"""The events that a script can name are those of the recorded schemas."""

from __future__ import annotations

import pytest

from txsh.actions.event import EVENTS
from txsh.schema.entry import Enum
from txsh.schema.recorded import recorded
from txsh.schema.table import table


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_has_the_members_that_some_qemu_gives_it(event: str) -> None:
    found: dict[str, set[str]] = {}
    for version in recorded("qemu-system"):
        types = table(version, "qemu-system")
        struct = types.find(f"q_obj_{event}-arg")
        for member in () if struct is None else types.struct(f"q_obj_{event}-arg").members:
            kind = types.find(member.type)
            found.setdefault(member.name, set()).update(kind.values if isinstance(kind, Enum) else ())

    assert {param.name for param in EVENTS[event]} == found.keys()
    for param in EVENTS[event]:
        assert not param.choices or set(param.choices) == found[param.name]
