"""Several faults that go by events, as the rules of one blkdebug: their states run side by side. Pure.

An event goes to one node only, so faults that listen cannot lie on top of each other. Each is a small machine: states,
events that move it on, errors in some of its states. Together they are one machine, whose states are the combinations.
Source: block/blkdebug.c, blkdebug_debug_event (all rules of an event are judged in the state before it).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Rule = dict[str, Any]
    Machine = dict[str, list[Rule]]
    States = tuple[int, ...]

RULES_MAX = 1000
"""More rules than any pair of faults needs that somebody can follow; QEMU would go through them on every access."""


def product(machines: Sequence[Machine]) -> Machine | None:
    """The rules of all machines together; None when they are too many.

    Args:
        machines: options of `txsh.session.fault_rule.rules`, each of which starts in state 1.
    """
    if len(machines) == 1:
        return machines[0]
    events = {rule["event"] for machine in machines for rule in machine.get("set-state", ())}
    start = (1,) * len(machines)
    numbers: dict[States, int] = {start: 1}
    moves: list[Rule] = []
    reached = [start]
    for states in reached:
        for event in sorted(events):
            after = tuple(_next(machine, event, state) for machine, state in zip(machines, states, strict=True))
            if after not in numbers:
                numbers[after] = len(numbers) + 1
                reached.append(after)
            if after != states:
                moves.append({"event": event, "state": numbers[states], "new_state": numbers[after]})
        if len(moves) > RULES_MAX:
            return None
    errors = [
        each
        for index, machine in enumerate(machines)
        for rule in machine["inject-error"]
        for each in _spread(rule, index, numbers)
    ]
    if len(errors) > RULES_MAX:
        return None
    return {"inject-error": errors, "set-state": moves} if moves else {"inject-error": errors}


def _next(machine: Machine, event: str, state: int) -> int:
    """The state of one machine after an event."""
    for rule in machine.get("set-state", ()):
        if rule["event"] == event and rule["state"] == state:
            found: int = rule["new_state"]
            return found
    return state


def _spread(rule: Rule, index: int, numbers: dict[States, int]) -> list[Rule]:
    """An error of one machine, in every state of all of them that has it."""
    if "state" not in rule:
        return [rule]
    return [{**rule, "state": number} for states, number in numbers.items() if states[index] == rule["state"]]
