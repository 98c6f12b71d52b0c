"""Binds texts that must be right, in a world with two drives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

if TYPE_CHECKING:
    from txsh.actions.step import Plan, Step

WORLD = Known(
    nodes=frozenset({"drive0", "drive1"}),
    jobs=frozenset({"j0"}),
    remembered=frozenset({"full"}),
    version=(7, 2),
)


def plan_of(text: str, known: Known = WORLD) -> Plan:
    """The plan of a text without mistakes."""
    script, mistakes = parse(Source("test.txsh", text))
    assert mistakes == []
    plan, findings = bind(script, known=known)
    assert findings == []
    assert plan is not None
    return plan


def only_step(text: str) -> Step:
    """The one step of a text."""
    (step,) = plan_of(text).steps
    return step
