"""Faults: blkdebug filters that make guest I/O and jobs fail, over a target or under a drive.

Over a target: what uses the target from then on uses the filter, and users see the target's own name. Under a drive:
the drive's `file` is exchanged for the filter, so its bitmaps and exports stay. Each fault is a filter of its own, the
newest on top. Knows no rule of blkdebug.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txsh.backends.base import CommandFailed
from txsh.session.refusal import refused_here

if TYPE_CHECKING:
    from types import TracebackType

    from txsh.actions.step import Fault
    from txsh.backends.base import Content
    from txsh.session.naming import DeclaredNode
    from txsh.session.session import Session


class FaultLayer:
    """The filters of one node, the first one nearest to the image.

    Attributes:
        filters: node names, all of ours.
        under: whether they lie between the node and its file.
    """

    __slots__ = ("filters", "under")

    def __init__(self, *, under: bool) -> None:
        self.under = under
        self.filters: list[str] = []


async def add_fault(session: Session, step: Fault) -> None:
    """Put one more filter in its place.

    Raises:
        Refused: the node cannot have one, or jobs that it was meant for run already.
        CommandFailed: QEMU refused.
    """
    from txsh.session.fault_rule import rules

    node = session.names.declared.get(step.node)
    if node is None:
        raise refused_here(
            "fault-of-foreign-node", f"'{step.node}' was not made by this run: nothing can be put over or under it"
        )
    under = node.role == "drive"
    if under and node.file_node is None:
        raise refused_here("fault-without-file", f"'{step.node}' has no file under it that could fail")
    offset = step.at_bytes
    if under and offset is not None:
        offset = await session.host.file_offset(step.node, offset)
        if offset is None:
            raise refused_here(
                "fault-not-allocated",
                f"'{step.node}' has nothing allocated there, so no access reaches its file",
                advice="write there first",
            )
    _refuse_late(session, step, under=under)
    layer = session.faults.get(step.node) or FaultLayer(under=under)
    name = session.names.hide(step.node, "fault")
    below = layer.filters[-1] if layer.filters else node.file_node if under else step.node
    arguments = {"driver": "blkdebug", "node-name": name, "image": below, **rules(step, offset, under=under)}
    await session.send("blockdev-add", arguments)
    if under:
        try:
            await _exchange(session, node, name)
        except CommandFailed:
            await session.send("blockdev-del", {"node-name": name})
            raise
    else:
        node.top = name
    layer.filters.append(name)
    session.faults[step.node] = layer


async def remove_faults(session: Session, name: str) -> None:
    """Take every filter of a node away.

    Raises:
        Refused: a job still uses one.
    """
    layer = session.faults.get(name)
    if layer is None:
        return
    node = session.names.declared[name]
    if layer.under:
        await _exchange(session, node, node.file_node)
    while layer.filters:
        try:
            await session.send("blockdev-del", {"node-name": layer.filters[-1]})
        except CommandFailed as failure:
            raise refused_here(
                "fault-in-use",
                f"a job that is not over still writes to '{name}' through its fault: {failure.description}",
                advice="'wait' for it first",
            ) from failure
        del session.names.hidden[layer.filters.pop()]
        node.top = (layer.filters[-1:] or [name])[0] if not layer.under else name
    del session.faults[name]


def _refuse_late(session: Session, step: Fault, *, under: bool) -> None:
    """A job that runs already does not see a filter that is put over its target."""
    if under:
        return
    for record in session.jobs.living():
        if record.target == step.node:
            raise refused_here(
                "fault-too-late",
                f"job '{record.id}' already writes to '{step.node}': a fault over it would only meet later ones",
                advice="put the fault before the backup; 'hold=' and 'after=' say when it strikes",
            )


async def _exchange(session: Session, node: DeclaredNode, file_node: str | None) -> None:
    """Give a node another `file`. Source: docs/interop of blockdev-reopen, which wants every option again."""
    await session.send("blockdev-reopen", {"options": [{**node.options, "file": file_node}]})


class reading:  # noqa: N801  # used as a block, like a function
    """While it lasts, reads of a node for txsh's own sake do not meet its faults, nor use them up."""

    __slots__ = ("_layer", "_name", "_session")

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        layer = session.faults.get(name)
        self._layer = layer if layer is not None and layer.under else None

    async def __aenter__(self) -> None:
        if self._layer is not None:
            node = self._session.names.declared[self._name]
            await _exchange(self._session, node, node.file_node)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._layer is not None:
            await _exchange(self._session, self._session.names.declared[self._name], self._layer.filters[-1])


async def content(session: Session, name: str) -> Content:
    """All that a user's node holds, read past its faults.

    Raises:
        HostUnable: this backend cannot read as the guest.
        GuestError: a read failed.
    """
    async with reading(session, name):
        return await session.host.content(name)
