"""`transaction`: prepare in order, then commit or abort, then clean. Source: QEMU blockdev.c, qmp_transaction.

Knows the kinds of actions only by the module that `command` has for each.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.command import module_of
from txsh.backends.sim.drain import drain_all
from txsh.backends.sim.job_group import Group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    from txsh.backends.sim.world import World

    class Action(Protocol):
        """One action under way, with QEMU's hooks."""

        def prepare(self) -> None:
            """Do what can fail; raise `CommandFailed` to refuse."""
            ...

        def commit(self) -> None:
            """All were prepared."""
            ...

        def abort(self) -> None:
            """Something failed, perhaps this one's own prepare."""
            ...

        def clean(self) -> None:
            """Whatever happened."""
            ...


class Context:
    """What an action knows of its transaction.

    Attributes:
        mode: the completion mode.
        group: the jobs' group; None when each job is on its own.
    """

    __slots__ = ("group", "mode", "world")

    def __init__(self, world: World, mode: str) -> None:
        self.world = world
        self.mode = mode
        self.group = Group() if mode == "grouped" else None

    def refuse_grouped(self, kind: str) -> None:
        """Refuse an action that cannot wait for jobs.

        Raises:
            CommandFailed: the completion mode is grouped.
        """
        if self.mode != "individual":
            raise CommandFailed(
                "GenericError",
                f"Action '{kind}' does not support {self.world.profile.grouped_text} completion-mode = {self.mode}",
            )


class Unmodelled:
    """An action without a model. QEMU looks at the completion mode before anything else of it."""

    def __init__(self, context: Context, kind: str) -> None:
        self._context = context
        self._kind = kind

    def prepare(self) -> None:
        """Refuse what QEMU would, and say that nothing more is known."""
        self._context.refuse_grouped(self._kind)
        raise NotSimulated(f"action {self._kind}")

    def abort(self) -> None:
        """Nothing was done."""

    clean = commit = abort


GROUPED = ("blockdev-backup", "drive-backup")


def transaction(world: World, actions: list[Mapping[str, Any]], mode: str) -> None:
    """Run a list of actions, all or none.

    Raises:
        CommandFailed: the first refusal; everything prepared was rolled back.
    """
    context = Context(world, mode)
    if world.profile.grouped_refused_first:
        for action in actions:
            if action["type"] not in GROUPED:
                context.refuse_grouped(action["type"])
    classes = [_action_class(action["type"]) for action in actions]
    drain_all(world)
    states: list[Action] = []
    try:
        for action, action_class in zip(actions, classes, strict=True):
            state = action_class(context, action["data"])
            states.append(state)
            state.prepare()
    except CommandFailed:
        _roll_back(world, states)
        raise
    except NotSimulated:
        # QEMU might not have refused, so it might not have hung in its roll-back either.
        try:  # noqa: SIM105  # contextlib costs start-up
            _roll_back(world, states)
        except BackendLost:
            pass
        raise
    for state in _committed(world, states):
        state.commit()
    for state in _committed(world, states):
        state.clean()


def _roll_back(world: World, states: list[Action]) -> None:
    for state in reversed(states):
        state.abort()
    for state in _committed(world, states):
        state.clean()


def _committed(world: World, states: list[Action]) -> list[Action]:
    """In the order in which they are committed and cleaned up."""
    return states[::-1] if world.profile.commit_reversed else states


def _action_class(kind: str) -> Any:
    module = module_of(kind)
    action_class = getattr(module, "ACTIONS", {}).get(kind)
    if action_class is None:
        return lambda context, _: Unmodelled(context, kind)
    return action_class
