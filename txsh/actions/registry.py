"""Which verbs there are, and where: a verb's file is imported when somebody asks for it, not before.

Knows the names only; a test compares them with the files of this folder.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from txsh.actions.base import Action, Verb

STATEMENTS = (
    "drive",
    "target",
    "write",
    "zero",
    "discard",
    "read",
    "flush",
    "fault",
    "unfault",
    "export",
    "unexport",
    "stop",
    "cont",
    "remember",
    "wait",
    "cancel",
    "pause",
    "resume",
    "speed",
    "finalize",
    "complete",
    "dismiss",
    "release",
    "qmp",
    "expect",
    "show",
    "echo",
)
"""Verbs that are statements of txsh itself, in the order of the documentation."""

ACTIONS = {
    "abort": "abort",
    "bitmap-add": "block-dirty-bitmap-add",
    "bitmap-remove": "block-dirty-bitmap-remove",
    "bitmap-clear": "block-dirty-bitmap-clear",
    "bitmap-enable": "block-dirty-bitmap-enable",
    "bitmap-disable": "block-dirty-bitmap-disable",
    "bitmap-merge": "block-dirty-bitmap-merge",
    "backup": "blockdev-backup",
}
"""Verbs that are QEMU's actions, with QMP's names, in the order of the documentation."""

_VERB_BY_QMP = {qmp: verb for verb, qmp in ACTIONS.items()}


def find(verb: str) -> Action | Verb | None:
    """What a verb is; None when there is no such verb."""
    if verb in ACTIONS:
        return _action(verb)
    if verb in STATEMENTS:
        found: Verb = _module(verb).VERB
        return found
    return None


def by_qmp(name: str) -> Action | None:
    """The action that QMP calls `name`; None when there is none."""
    verb = _VERB_BY_QMP.get(name)
    return None if verb is None else _action(verb)


def names() -> tuple[str, ...]:
    """All verbs: statements first, then actions."""
    return (*STATEMENTS, *ACTIONS)


def every() -> Iterator[Action | Verb]:
    """All verbs, imported, in the order of `names`."""
    for name in names():
        verb = find(name)
        assert verb is not None
        yield verb


def _action(verb: str) -> Action:
    found: Action = _module(verb).ACTION
    return found


def _module(verb: str) -> Any:
    name = verb.replace("-", "_")
    # The statement itself, and not importlib, whose own import costs a start-up more than the verb's file.
    return __import__(f"{__package__}.{name}", fromlist=[name])
