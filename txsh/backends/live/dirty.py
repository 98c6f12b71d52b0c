"""The exact dirty extents of a bitmap, read through NBD from a disabled copy of it.

The copy makes it work for bitmaps that are recording, and lets nobody see the bitmap as busy.
Source: docs/interop/nbd.txt, ``qemu:dirty-bitmap:``, bit 0 of the status: dirty.
"""

from __future__ import annotations

from contextlib import aclosing

from txsh.backends.base import HostUnable
from txsh.model.extent import Extents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.backends.live.export import Exports, Sender
    from txsh.backends.live.nbd import NbdClient

_DIRTY = 1
_COPY = "txsh:look"


async def dirty_extents(sender: Sender, exports: Exports, node: str, bitmap: str) -> Extents:
    """The dirty bytes of a bitmap; leaves nothing behind.

    Raises:
        CommandFailed: the bitmap is busy or inconsistent; QEMU's words.
        HostUnable: there is none.
    """
    bitmaps = await _bitmaps(sender, node)
    found = bitmaps.get(bitmap)
    if found is None:
        raise HostUnable("no-bitmap", f"node {node} has no bitmap {bitmap}")
    if not (found["busy"] or found.get("inconsistent") or found["count"]):
        return Extents()
    copy = _free_name(bitmaps)
    added = {"node": node, "name": copy, "disabled": True, "granularity": found["granularity"]}
    merged = {"node": node, "target": copy, "bitmaps": [bitmap]}
    actions = [
        {"type": "block-dirty-bitmap-add", "data": added},
        {"type": "block-dirty-bitmap-merge", "data": merged},
    ]
    await sender.send("transaction", {"actions": actions}, look=True)
    try:
        async with exports.lone(node, f"qemu:dirty-bitmap:{copy}", copy) as client:
            return await _scan(client, found["count"])
    finally:
        await sender.send("block-dirty-bitmap-remove", {"node": node, "name": copy}, look=True)


async def _bitmaps(sender: Sender, node: str) -> dict[str, dict[str, Any]]:
    """The named bitmaps of a node, {} when it has none.

    Raises:
        HostUnable: there is no such node.
    """
    for info in await sender.send("query-named-block-nodes", {"flat": True}, look=True):
        if info.get("node-name") == node:
            return {bitmap["name"]: bitmap for bitmap in info.get("dirty-bitmaps", []) if bitmap.get("name")}
    raise HostUnable("no-node", f"there is no node {node}")


def _free_name(bitmaps: dict[str, dict[str, Any]]) -> str:
    name, number = _COPY, 1
    while name in bitmaps:
        number += 1
        name = f"{_COPY}:{number}"
    return name


async def _scan(client: NbdClient, count: int) -> Extents:
    """The dirty extents, of which there are `count` bytes, the last one possibly reaching beyond the end."""
    ranges = []
    left = count
    async with aclosing(client.scan()) as extents:
        async for extent in extents:
            if extent.flags & _DIRTY:
                ranges.append((extent.start, extent.end))
                left -= extent.end - extent.start
                if left <= 0:
                    break
    return Extents(ranges)
