"""What a bitmap will hold when a later action of the same list meets it, told from the list and a look.

Knows no job. Only contents are foreseen; whether QEMU takes the list is for QEMU to say.
"""

from __future__ import annotations

from txsh.model.extent import Extents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from txsh.model.state import NodeInfo
    from txsh.session.session import Session

Key = tuple[str, str]
"""Node and bitmap."""


async def content_after(
    session: Session, actions: Sequence[tuple[str, Mapping[str, Any]]], nodes: Mapping[str, NodeInfo], bitmap: Key
) -> Extents:
    """The dirty bytes of a bitmap after a list of actions; empty for one that does not exist or cannot be read.

    Args:
        actions: wire actions (type, data) that come before.
        nodes: a look from before the list.
    """
    contents: dict[Key, Extents] = {}
    for kind, data in actions:
        if kind in ("block-dirty-bitmap-add", "block-dirty-bitmap-clear"):
            contents[data["node"], data["name"]] = Extents()
        elif kind == "block-dirty-bitmap-merge":
            key = data["node"], data["target"]
            merged = (await _content(session, contents, nodes, key)).copy()
            for source in data["bitmaps"]:
                other = (data["node"], source) if isinstance(source, str) else (source["node"], source["name"])
                merged.update(await _content(session, contents, nodes, other))
            contents[key] = merged
    return await _content(session, contents, nodes, bitmap)


async def _content(session: Session, contents: dict[Key, Extents], nodes: Mapping[str, NodeInfo], key: Key) -> Extents:
    if key not in contents:
        node, name = key
        known = nodes[node].bitmaps if node in nodes else ()
        readable = any(bitmap.name == name and not bitmap.busy and not bitmap.inconsistent for bitmap in known)
        contents[key] = await session.host.extents(node, name) if readable else Extents()
    return contents[key]
