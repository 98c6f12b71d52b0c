"""The exact dirty extents of a bitmap, read through NBD from a disabled copy of it.

The copy makes it work for bitmaps that are recording, and lets nobody see the bitmap as busy.
Source: docs/interop/nbd.txt, ``qemu:dirty-bitmap:``, bit 0 of the status: dirty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txsh.backends.base import CommandFailed
from txsh.backends.live.nbd import STATUS_BYTES_MAX
from txsh.model.extent import Extents

if TYPE_CHECKING:
    from txsh.backends.live.export import Exports, Sender
    from txsh.backends.live.nbd import NbdClient

_COPY = "txsh:look"


async def dirty_extents(sender: Sender, exports: Exports, node: str, bitmap: str) -> Extents:
    """The dirty bytes of a bitmap; leaves nothing behind.

    Raises:
        CommandFailed: the bitmap is busy or inconsistent, or there is none; QEMU's words.
    """
    bitmaps = await _bitmaps(sender, node)
    found = bitmaps.get(bitmap)
    if found is not None and not (found["busy"] or found.get("inconsistent") or found["count"]):
        return Extents()
    copy = _free_name(bitmaps)
    granularity = {} if found is None else {"granularity": found["granularity"]}
    added = {"node": node, "name": copy, "disabled": True, **granularity}
    merged = {"node": node, "target": copy, "bitmaps": [bitmap]}
    actions = [
        {"type": "block-dirty-bitmap-add", "data": added},
        {"type": "block-dirty-bitmap-merge", "data": merged},
    ]
    await sender.send("transaction", {"actions": actions}, look=True)
    try:
        async with exports.status(node, f"qemu:dirty-bitmap:{copy}", copy) as client:
            return await _scan(client)
    finally:
        await sender.send("block-dirty-bitmap-remove", {"node": node, "name": copy}, look=True)


async def _bitmaps(sender: Sender, node: str) -> dict[str, dict[str, Any]]:
    """The named bitmaps of a node, {} when it has none.

    Raises:
        CommandFailed: there is no such node.
    """
    for info in await sender.send("query-named-block-nodes", {"flat": True}, look=True):
        if info.get("node-name") == node:
            return {bitmap["name"]: bitmap for bitmap in info.get("dirty-bitmaps", []) if bitmap.get("name")}
    raise CommandFailed("GenericError", f"Cannot find device='{node}' nor node-name='{node}'")


def _free_name(bitmaps: dict[str, dict[str, Any]]) -> str:
    name, number = _COPY, 1
    while name in bitmaps:
        number += 1
        name = f"{_COPY}:{number}"
    return name


async def _scan(client: NbdClient) -> Extents:
    ranges = []
    offset, end = 0, client.size_bytes
    while offset < end:
        for part in await client.status(offset, min(end - offset, STATUS_BYTES_MAX)):
            if part.flags & 1:
                ranges.append((offset, min(offset + part.length, end)))
            offset += part.length
    return Extents(ranges)
