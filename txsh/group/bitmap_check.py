"""What QEMU refuses of the actions on bitmaps, each check in QEMU's order; and what an action that passes changes.

A check returns QEMU's text or None. Source: block/monitor/bitmap-qmp-cmds.c, block/dirty-bitmap.c and
block/qcow2-bitmap.c of 7.2; recordings of 7.2 and 11.1.
"""

from __future__ import annotations

from txsh.group import text
from txsh.group.difference import PERSISTENT_NEEDS_WRITABLE, REMOVAL_GOES_BY_NODE
from txsh.group.wire import ADD, CLEAR, DISABLE, ENABLE, MERGE, REMOVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from txsh.group.wire import QmpAction
    from txsh.group.world import Bitmap, Node, World

    Version = tuple[int, int]
    Check = Callable[[World, Mapping[str, Any], Version], str | None]

_NAME_BYTES_MAX = 1023
_GRANULARITY_SMALLEST_BYTES = 512
_STORES_BITMAPS = "qcow2"
_ANY_VERSION = (7, 2)
"""Versions differ in what they refuse, not in what an accepted action does."""


def state_refusal(name: str, bitmap: Bitmap, *, changes: bool, inconsistent_is_fine: bool = False) -> str | None:
    """The first of QEMU's three objections to a bitmap's state.

    Args:
        changes: its content would be changed, so that it must not be read-only.
    """
    if bitmap.busy:
        return text.IN_USE.format(name)
    if changes and bitmap.readonly:
        return text.READONLY.format(name)
    if bitmap.inconsistent and not inconsistent_is_fine:
        return text.INCONSISTENT.format(name)
    return None


def _missing(world: World, node: str, name: str) -> str:
    return text.NO_NODE.format(node) if world.node(node) is None else text.NO_BITMAP.format(name)


def _add(world: World, data: Mapping[str, Any], version: Version) -> str | None:
    name = data["name"]
    if not name:
        return text.EMPTY_NAME
    node = world.node(data["node"])
    if node is None:
        return text.NO_DEVICE.format(data["node"])
    granularity = data.get("granularity")
    if granularity is not None and (granularity < _GRANULARITY_SMALLEST_BYTES or granularity.bit_count() != 1):
        return text.GRANULARITY
    persistent = data.get("persistent", False)
    refusal = _storing(node, name, version) if persistent else None
    if refusal is not None:
        return refusal
    if name in node.bitmaps:
        return text.EXISTS.format(name)
    if len(name.encode()) > _NAME_BYTES_MAX:
        return text.TOO_LONG.format(name)
    node.add(name, granularity, recording=not data.get("disabled", False), persistent=persistent)
    return None


def _storing(node: Node, name: str, version: Version) -> str | None:
    info = node.info
    if PERSISTENT_NEEDS_WRITABLE.is_in(version) and info.readonly:
        return text.NOT_STORABLE_READONLY.format(info.name)
    if info.driver != _STORES_BITMAPS:
        return text.NOT_STORABLE.format(info.name)
    if name in node.bitmaps:
        return text.EXISTS.format(name)
    if info.compat == "0.10":
        return text.NOT_STORABLE_IN.format(name, info.name, text.NOT_STORABLE_V2)
    if len(name.encode()) > _NAME_BYTES_MAX:
        return text.NOT_STORABLE_IN.format(name, info.name, text.NOT_STORABLE_NAME)
    return None


def _remove(world: World, data: Mapping[str, Any], version: Version) -> str | None:
    bitmap = world.bitmap(data["node"], data["name"])
    if bitmap is None:
        return _missing(world, data["node"], data["name"])
    told_otherwise = bitmap.readonly and REMOVAL_GOES_BY_NODE.is_in(version)
    refusal = state_refusal(data["name"], bitmap, changes=not told_otherwise, inconsistent_is_fine=True)
    if refusal is None and told_otherwise:
        node = world.node(data["node"])
        assert node is not None
        refusal = text.REMOVE_READONLY.format(data["name"], node.info.name)
    # It stays until the commit, and stays in everybody's way.
    bitmap.busy = True
    return refusal


def _clear(world: World, data: Mapping[str, Any], _version: Version) -> str | None:
    bitmap = world.bitmap(data["node"], data["name"])
    if bitmap is None:
        return _missing(world, data["node"], data["name"])
    return state_refusal(data["name"], bitmap, changes=True)


def _enable(world: World, data: Mapping[str, Any], _version: Version) -> str | None:
    return _switch(world, data, recording=True)


def _disable(world: World, data: Mapping[str, Any], _version: Version) -> str | None:
    return _switch(world, data, recording=False)


def _switch(world: World, data: Mapping[str, Any], *, recording: bool) -> str | None:
    bitmap = world.bitmap(data["node"], data["name"])
    if bitmap is None:
        return _missing(world, data["node"], data["name"])
    refusal = state_refusal(data["name"], bitmap, changes=False)
    if refusal is None:
        bitmap.recording = recording
    return refusal


def _merge(world: World, data: Mapping[str, Any], _version: Version) -> str | None:
    target = world.bitmap(data["node"], data["target"])
    if target is None:
        return _missing(world, data["node"], data["target"])
    for source in data["bitmaps"]:
        # A bare name is looked up on the target's node, a pair with the node's own lookup.
        node, name = (data["node"], source) if isinstance(source, str) else (source["node"], source["name"])
        bitmap = world.bitmap(node, name)
        if bitmap is None:
            return _missing(world, node, name)
        refusal = state_refusal(data["target"], target, changes=True) or state_refusal(name, bitmap, changes=False)
        if refusal is not None:
            return refusal
        if bitmap.size_bytes != target.size_bytes:
            return text.SIZES.format(target.size_bytes, bitmap.size_bytes)
    return None


CHECKS: dict[str, Check] = {
    ADD: _add,
    REMOVE: _remove,
    CLEAR: _clear,
    ENABLE: _enable,
    DISABLE: _disable,
    MERGE: _merge,
}


def advance(world: World, action: QmpAction) -> None:
    """Change the world as an action does that QEMU accepts; one on no bitmap changes nothing."""
    kind, data = action
    if kind in CHECKS:
        CHECKS[kind](world, data, _ANY_VERSION)
