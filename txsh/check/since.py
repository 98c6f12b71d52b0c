"""Options that the QEMU at hand does not have yet: told before anything is sent, with the version that has them."""

from __future__ import annotations

from txsh.actions.step import Act, Transact
from txsh.syntax.diagnostic import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from txsh.actions.base import Param
    from txsh.actions.step import BoundAction, Plan

    Version = tuple[int, int]


def too_new(bound: BoundAction, version: Version | None) -> list[Diagnostic]:
    """What is wrong with an action on a QEMU of that version; nothing when nobody knows the version."""
    return [] if version is None else [_diagnostic(bound, param, version) for param in missing(bound, version)]


def missing(bound: BoundAction, version: Version) -> Iterator[Param]:
    """The options given that a QEMU of that version has not."""
    for param in bound.action.params:
        if param.since and _version(param.since) > version and _is_given(bound.arguments, param.qmp[0]):
            yield param


def is_too_new(plan: Plan, version: Version) -> bool:
    """Whether a plan that was bound without a version has options that this one has not."""
    for step in plan.steps:
        actions = (step.action,) if isinstance(step, Act) else step.actions if isinstance(step, Transact) else ()
        if any(True for action in actions for _ in missing(action, version)):
            return True
    return False


def _is_given(data: Mapping[str, Any], member: str) -> bool:
    *outer, last = member.split(".")
    for name in outer:
        data = data.get(name, {})
    return last in data


def _diagnostic(bound: BoundAction, param: Param, version: Version) -> Diagnostic:
    return Diagnostic(
        "needs-newer-qemu",
        f"'{param.name}' of {bound.action.verb} is there since QEMU {param.since}, and this one is "
        f"{version[0]}.{version[1]}",
        bound.spans.get(param.qmp[0], bound.span),
        "leave it out",
    )


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)
