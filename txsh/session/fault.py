"""Faults: blkdebug filters that make guest I/O and jobs fail, over a target or under a drive.

Over a target: what uses the target from then on uses the filter, and users see the target's own name. Under a drive:
the drive's `file` is exchanged for the filter, so its bitmaps and exports stay. Each fault is a filter of its own, the
newest on top; but those that listen to what the drive tells of its accesses share the topmost one. QEMU changes no
rules of a filter that is there (``Cannot change the option 'inject-error.0.iotype'``), so a new one takes its place.
Knows no rule of blkdebug.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.session.fault_place import fitting_node
from txsh.session.refusal import refused_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from txsh.actions.step import Fault
    from txsh.backends.base import Content
    from txsh.session.naming import DeclaredNode
    from txsh.session.session import Session


class FaultLayer:
    """The filters of one node, the first one nearest to the image.

    Attributes:
        filters: node names, all of ours.
        under: whether they lie between the node and its file.
        fails_reads: whether one of them is about reads.
        errnos: names of the errors they give.
        heard: the faults of the topmost one, if that goes by what the node above tells of its accesses: nothing may
            come between the two.
        since: how many statements there were when the newest fault was put there.
    """

    __slots__ = ("errnos", "fails_reads", "filters", "heard", "since", "under")

    def __init__(self, *, under: bool) -> None:
        self.under = under
        self.filters: list[str] = []
        self.fails_reads = False
        self.errnos: set[str] = set()
        self.heard: list[Fault] = []
        self.since = 0

    @property
    def listens(self) -> bool:
        """Whether nothing may come between the topmost filter and the node."""
        return bool(self.heard)

    def note(self, session: Session, step: Fault) -> None:
        """A fault was put there."""
        self.fails_reads = self.fails_reads or step.operation == "read"
        self.errnos.add(step.errno)
        self.since = len(session.trace.statements)
        session.faults[step.node] = self


async def add_fault(session: Session, step: Fault) -> None:
    """Put one more filter in its place.

    Raises:
        Refused: the node cannot have one, or jobs that it was meant for run already.
        CommandFailed: QEMU refused.
    """
    from txsh.session.fault_rule import listens, needs_format_over, rules

    node = fitting_node(session, step)
    under = node.role == "drive"
    sees_metadata = under and node.format == "qcow2"
    offset = await _metadata_offset(session, step) if sees_metadata else step.at_bytes
    layer = session.faults.get(step.node) or FaultLayer(under=under)
    if layer.listens:
        await _renew(session, step, node, layer, offset)
        return
    below = node.file_top if under else node.top
    added = [
        await _add(session, step.node, "blkdebug", below, rules(step, offset, under=under, sees_metadata=sees_metadata))
    ]
    try:
        if needs_format_over(step, sees_metadata=under):
            added.append(await _add(session, step.node, "raw", added[0], {}))
        if under:
            await exchange_file(session, node, added[-1])
    except CommandFailed:
        await _delete(session, reversed(added))
        raise
    layer.filters += added
    if under and listens(step, sees_metadata=sees_metadata):
        layer.heard.append(step)
    layer.note(session, step)
    if not under:
        node.top = added[-1]


async def _renew(session: Session, step: Fault, node: DeclaredNode, layer: FaultLayer, offset: int | None) -> None:
    """Put a fault beside those that listen: a new filter for all of them takes the place of the topmost one.

    Raises:
        Refused: together they have too many rules.
        CommandFailed: QEMU refused.
    """
    from txsh.session.fault_product import product
    from txsh.session.fault_rule import listens, rules

    sees_metadata = node.format == "qcow2"
    is_heard = listens(step, sees_metadata=sees_metadata)
    heard = [*layer.heard, step] if is_heard else layer.heard
    together = product([rules(each, None, under=True, sees_metadata=sees_metadata) for each in heard])
    if together is None:
        raise refused_here("fault-impossible", f"the faults of '{step.node}' count too many accesses side by side")
    old = layer.filters[-1]
    below = layer.filters[-2] if len(layer.filters) > 1 else node.file_node
    added = []
    try:
        if not is_heard:
            own = rules(step, offset, under=True, sees_metadata=sees_metadata)
            below = await _add(session, step.node, "blkdebug", below, own)
            added.append(below)
        added.append(await _add(session, step.node, "blkdebug", below, together))
        await exchange_file(session, node, added[-1])
    except CommandFailed:
        await _delete(session, reversed(added))
        raise
    await _delete(session, [old])
    layer.filters[-1:] = added
    layer.heard = heard
    layer.note(session, step)


async def _delete(session: Session, filters: Iterable[str]) -> None:
    for name in filters:
        await session.send("blockdev-del", {"node-name": name})
        del session.names.hidden[name]


async def _metadata_offset(session: Session, step: Fault) -> int | None:
    """Where in the file the place lies.

    Raises:
        Refused: nowhere.
    """
    if step.at_bytes is None:
        return None
    async with reading(session, step.node, always=True):
        offset = await session.host.file_offset(step.node, step.at_bytes)
    if offset is None:
        message = f"'{step.node}' has nothing allocated there, so no access reaches its file"
        raise refused_here("fault-impossible", message, advice="write there first")
    return offset


async def _add(session: Session, users: str, driver: str, below: str | None, options: Mapping[str, Any]) -> str:
    name = session.names.hide(users, "fault")
    child = "image" if driver == "blkdebug" else "file"
    try:
        await session.send("blockdev-add", {"driver": driver, "node-name": name, child: below, **options})
    except CommandFailed:
        del session.names.hidden[name]
        raise
    return name


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
        await exchange_file(session, node, node.file_node)
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
        if not layer.under:
            node.top = layer.filters[-1] if layer.filters else name
    del session.faults[name]


async def exchange_file(session: Session, node: DeclaredNode, file_node: str | None) -> None:
    """Give a node another `file`.

    A fault of flushes meets the flush that QEMU does first; it ends by itself after a few.
    Source: qapi/block-core.json, blockdev-reopen, which wants every option again; block.c, bdrv_reopen_prepare.
    """
    from txsh.session.fault_rule import FLUSHES_MAX

    options = {"options": [{**node.options, "file": file_node}]}
    for _ in range(FLUSHES_MAX):
        try:
            await session.send("blockdev-reopen", options)
        except CommandFailed as failure:
            if not failure.description.startswith("Error flushing drive"):
                raise
        else:
            break
    else:
        await session.send("blockdev-reopen", options)
    node.file_top = file_node


class reading:  # noqa: N801  # used as a block, like a function
    """While it lasts, a node has its plain file: looking at it meets no fault of it, and uses none up.

    Args:
        always: even where no filter under it is about reads; its file is then named plainly.
    """

    __slots__ = ("_file_top", "_node", "_session")

    def __init__(self, session: Session, name: str, *, always: bool = False) -> None:
        self._session = session
        self._node = session.names.declared.get(name)
        self._file_top = None if self._node is None else self._node.file_top
        layer = session.faults.get(name)
        is_plain = self._node is None or self._file_top == self._node.file_node
        if is_plain or not (always or layer is None or layer.fails_reads):
            self._node = None

    async def __aenter__(self) -> None:
        if self._node is not None:
            await exchange_file(self._session, self._node, self._node.file_node)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._node is not None:
            await exchange_file(self._session, self._node, self._file_top)


async def content(session: Session, name: str) -> Content:
    """All that a user's node holds, read past its faults.

    Raises:
        HostUnable: this backend cannot read as the guest.
        GuestError: a read failed.
    """
    async with reading(session, name):
        return await session.host.content(name)
