"""What a look at QEMU shows a user: nodes and named bitmaps without txsh's own, and what changed between two looks."""

from __future__ import annotations

from txsh.group.wire import hides
from txsh.model.reference import BitmapRef
from txsh.model.state import read_jobs, read_nodes
from txsh.model.trace import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from txsh.backends.base import Backend
    from txsh.model.state import BitmapInfo, JobInfo, NodeInfo
    from txsh.session.naming import Names
    from txsh.session.session import Session


async def look_at_nodes(backend: Backend) -> dict[str, NodeInfo]:
    """All nodes as they are, txsh's own included.

    Raises:
        BackendLost: QEMU went away.
    """
    return read_nodes(await backend.execute("query-named-block-nodes", {"flat": True}, look=True))


async def look_at_jobs(backend: Backend) -> dict[str, JobInfo]:
    """All jobs as they are.

    Raises:
        BackendLost: QEMU went away.
    """
    return read_jobs(await backend.execute("query-jobs", {}, look=True))


async def look_at_progress(session: Session) -> None:
    """Bring the records of living jobs up to date: no event tells how far they are.

    Raises:
        BackendLost: QEMU went away.
    """
    living = [*session.jobs.foreign(), *session.jobs.living()]
    if not living:
        return
    found = await look_at_jobs(session.backend)
    for record in living:
        job = found.get(record.id)
        if job is not None:
            record.offset, record.length = job.current, job.total


async def look_at_errors(session: Session) -> None:
    """Ask why jobs have failed of which no event has told; one that is gone already has no text.

    Raises:
        BackendLost: QEMU went away.
    """
    failed, session.jobs.unexplained = session.jobs.unexplained, []
    found = await look_at_jobs(session.backend)
    for record in failed:
        job = found.get(record.id)
        record.error = "unknown error" if job is None or job.error is None else job.error


def users_nodes(nodes: Mapping[str, NodeInfo], names: Names) -> dict[str, NodeInfo]:
    """The nodes without those that txsh or QEMU made for themselves, in the order in which they were made.

    Source: block.c, bdrv_named_nodes_list: QEMU tells the newest first.
    """
    shown = {}
    for name, node in reversed(list(nodes.items())):
        if name in names.devices:
            device = names.devices[name]
            shown[device] = _renamed(node, device)
        elif name not in names.hidden and not name.startswith("#"):
            shown[name] = node
    return shown


def _renamed(node: NodeInfo, name: str) -> NodeInfo:
    return node._replace(name=name, bitmaps=tuple(bitmap._replace(node=name) for bitmap in node.bitmaps))


def users_bitmaps(nodes: Iterable[NodeInfo]) -> dict[str, BitmapInfo]:
    """The named bitmaps of nodes by `BitmapRef`, without those of txsh; those of a node as they were made, in order.

    Source: block/dirty-bitmap.c, bdrv_create_dirty_bitmap: QEMU tells the newest first.
    """
    return {
        str(BitmapRef(bitmap.node, bitmap.name)): bitmap
        for node in nodes
        for bitmap in reversed(node.bitmaps)
        if not hides(bitmap.name)
    }


def differences(before: Mapping[str, BitmapInfo], after: Mapping[str, BitmapInfo]) -> list[Change]:
    """What changed between two looks, bitmaps that are gone first, then in the order of the later look."""
    gone = [Change("bitmap", name, bitmap, None) for name, bitmap in before.items() if name not in after]
    return gone + [
        Change("bitmap", name, before.get(name), bitmap) for name, bitmap in after.items() if before.get(name) != bitmap
    ]
