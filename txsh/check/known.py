"""The names that exist before a text is bound: from a prelude, an earlier entry of a prompt, or a QEMU attached to."""

from __future__ import annotations

from txsh.actions.step import Act, MakeNode, Qmp, Remember, Transact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NamedTuple

    from txsh.actions.step import BoundAction, Plan
else:
    from txsh.named import NamedTuple


class Known(NamedTuple):
    """Names that a text may use without declaring them, and the QEMU that it is for.

    Args:
        version: of that QEMU; None when nobody knows it yet, so that raw QMP is held against no schema.
        program: ``qemu-system`` or ``qsd``.
        attached: it is somebody's own, so that raw QMP may do there what it wants.
        has_reply: a raw `qmp` was sent before.
    """

    nodes: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    remembered: frozenset[str] = frozenset()
    version: tuple[int, int] | None = None
    program: str = "qemu-system"
    attached: bool = False
    has_reply: bool = False

    def after(self, plan: Plan) -> Known:
        """The names that exist once a plan has run, for binding the text that follows it."""
        nodes, jobs, remembered = set(self.nodes), set(self.jobs), set(self.remembered)
        has_reply = self.has_reply
        for step in plan.steps:
            if isinstance(step, Qmp):
                from txsh.actions.command import made_nodes, removed_node, started_jobs  # noqa: PLC0415  # few have one

                has_reply = True
                jobs |= {job.id for job in started_jobs(step.command, step.arguments)}
                if step.fails is None:
                    nodes |= set(made_nodes(step.command, step.arguments))
                    nodes.discard(removed_node(step.command, step.arguments) or "")
            elif isinstance(step, MakeNode) and step.fails is None:
                nodes.add(step.name)
            elif isinstance(step, Remember) and step.fails is None:
                remembered.add(step.name)
        for action in _actions(plan):
            if action.action.starts_job and "job-id" in action.arguments:
                jobs.add(action.arguments["job-id"])
            if "filter-node-name" in action.arguments:
                nodes.add(action.arguments["filter-node-name"])
        return self._replace(
            nodes=frozenset(nodes), jobs=frozenset(jobs), remembered=frozenset(remembered), has_reply=has_reply
        )


def _actions(plan: Plan) -> Iterator[BoundAction]:
    for step in plan.steps:
        if isinstance(step, Act):
            yield step.action
        elif isinstance(step, Transact):
            yield from step.actions
