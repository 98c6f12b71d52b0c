"""The names that exist before a text is bound: from a prelude, an earlier entry of a prompt, or a QEMU attached to."""

from __future__ import annotations

from txsh.actions.step import Act, MakeNode, Remember, Transact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NamedTuple

    from txsh.actions.step import BoundAction, Plan
else:
    from txsh.named import NamedTuple


class Known(NamedTuple):
    """Names that a text may use without declaring them."""

    nodes: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    remembered: frozenset[str] = frozenset()

    def after(self, plan: Plan) -> Known:
        """The names that exist once a plan has run, for binding the text that follows it."""
        nodes, jobs, remembered = set(self.nodes), set(self.jobs), set(self.remembered)
        for step in plan.steps:
            if isinstance(step, MakeNode) and step.fails is None:
                nodes.add(step.name)
            elif isinstance(step, Remember) and step.fails is None:
                remembered.add(step.name)
        for action in _actions(plan):
            if action.action.starts_job and "job-id" in action.arguments:
                jobs.add(action.arguments["job-id"])
            if "filter-node-name" in action.arguments:
                nodes.add(action.arguments["filter-node-name"])
        return Known(frozenset(nodes), frozenset(jobs), frozenset(remembered))


def _actions(plan: Plan) -> Iterator[BoundAction]:
    for step in plan.steps:
        if isinstance(step, Act):
            yield step.action
        elif isinstance(step, Transact):
            yield from step.actions
