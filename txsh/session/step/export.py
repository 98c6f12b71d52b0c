"""`export` and `unexport`: a node over NBD, for a client that pulls a backup."""

from __future__ import annotations

from contextlib import suppress

from txsh.actions.step import Export
from txsh.backends.base import CommandFailed, HostUnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.actions.step import Unexport
    from txsh.session.session import Session
    from txsh.session.statement import Statement

_DELETED = "BLOCK_EXPORT_DELETED"
_DELETED_US = 5_000_000
"""How long QEMU may take to let go of an export that nobody uses."""


async def run(session: Session, step: Export | Unexport, statement: Statement) -> None:
    """Make it, or take it away.

    Raises:
        CommandFailed: QEMU refused.
        HostUnable: no NBD server can be had there.
    """
    if isinstance(step, Export):
        statement.output = await _export(session, step)
    else:
        await _unexport(session, step)


async def _export(session: Session, step: Export) -> str:
    """Add the export; the text says how a client reaches it."""
    address = await _address(session, step)
    node = session.names.top(step.node)
    arguments: dict[str, Any] = {"type": "nbd", "id": step.node, "node-name": node, "name": step.node}
    if step.writable:
        arguments["writable"] = True
        declared = session.names.declared.get(step.node)
        if declared is not None:
            declared.holes_are_alike = False
    if step.bitmaps:
        arguments["bitmaps"] = list(step.bitmaps)
    await session.send("block-export-add", arguments)
    session.exports.add(step.node)
    names = [bitmap if isinstance(bitmap, str) else bitmap["name"] for bitmap in step.bitmaps]
    return "\n".join([_uri(step.node, address), *(f"  qemu:dirty-bitmap:{name}" for name in names)])


async def _address(session: Session, step: Export) -> str | None:
    try:
        return await session.host.nbd_address()
    except HostUnable as unable:
        advice = "'qmp nbd-server-start' starts a server where you say"
        raise HostUnable("no-export", f"'{step.node}' cannot be exported: {unable.description}", advice) from unable


def _uri(name: str, address: str | None) -> str:
    if address is None:
        return f"export {name}: simulated, nobody listens"
    return f"nbd+unix:///{name}?socket={address}" if address.startswith("/") else f"nbd://{address}/{name}"


async def _unexport(session: Session, step: Unexport) -> None:
    """Delete the export, and let QEMU let go of it: until then its id is taken and its bitmaps are busy."""
    before = len(session.trace.events)
    await session.send("block-export-del", {"id": step.node})
    session.exports.discard(step.node)
    deadline_us = session.backend.now_us() + _DELETED_US
    while not _is_deleted(session, step.node, before):
        if not await session.next_event(deadline_us):
            return


async def end_exports(session: Session) -> None:
    """Take away what is still exported: the socket ends with the run, and a QEMU that goes on shall keep nothing of it.

    Raises:
        BackendLost: QEMU went away.
    """
    for name in sorted(session.exports):
        with suppress(CommandFailed):
            await session.backend.execute("block-export-del", {"id": name, "mode": "hard"}, look=True)


def _is_deleted(session: Session, name: str, before: int) -> bool:
    return any(event.name == _DELETED and event.data.get("id") == name for event in session.trace.events[before:])
