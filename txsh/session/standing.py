"""What is there before a run on a QEMU that somebody else runs, and clearing away what is the run's own after it.

Knows no statement and judges nothing.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.check.loss import Standing
from txsh.session.view import look_at_jobs, look_at_nodes, users_bitmaps, users_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.session.session import Session


async def take_in(session: Session) -> Standing:
    """Look at a QEMU before anything is run on it; what is there is not the run's.

    Raises:
        BackendLost: QEMU went away.
        CommandFailed: it has no such query.
    """
    backend = session.backend
    nodes, jobs = await look_at_nodes(backend), await look_at_jobs(backend)
    devices = {}
    if backend.program == "qemu-system":
        for device in await backend.execute("query-block", {}, look=True):
            devices[device["device"]] = device.get("inserted", {}).get("node-name")
    session.jobs.others = True
    for job in jobs.values():
        session.jobs.meet(job.id, job.type, job.status)
    session.names.reserved |= nodes.keys()
    aliases = {device: node for device, node in devices.items() if device and node is not None}
    session.names.aliases = aliases
    session.names.devices = {node: device for device, node in aliases.items() if node.startswith("#")}
    session.bitmaps = users_bitmaps(users_nodes(nodes, session.names).values())
    session.trace.bitmaps_before = dict(session.bitmaps)
    bitmaps = {(node, bitmap.name) for node, info in nodes.items() for bitmap in info.bitmaps}
    bitmaps |= {(device, name) for device, below in devices.items() for node, name in bitmaps if node == below}
    exports = await backend.execute("query-block-exports", {}, look=True)
    return Standing(
        nodes=frozenset(nodes) | frozenset(filter(None, devices)),
        jobs=frozenset(jobs),
        exports=frozenset(export["id"] for export in exports),
        bitmaps=frozenset(bitmaps),
    )


async def clear_away(session: Session) -> bool:
    """Delete the nodes that this run made, faults and holds over them first; whether none of them is left.

    Raises:
        BackendLost: QEMU went away.
    """
    names = session.names
    over = [filter_ for layer in session.faults.values() for filter_ in reversed(layer.filters)]
    made = reversed(names.declared.values())
    left = [*over, *(name for node in made for name in (node.name, node.file_node) if name is not None)]
    while left:
        refused = [name for name in left if not await _delete(session, name)]
        if len(refused) == len(left):
            return False
        # What was over it may have been in the way.
        left = refused
    return True


async def _delete(session: Session, name: str) -> bool:
    try:
        await session.backend.execute("blockdev-del", {"node-name": name}, look=True)
    except CommandFailed as failure:
        return "Failed to find node" in failure.description or "Cannot find" in failure.description
    except BackendLost as loss:
        session.lose(loss)
        return False
    return True
