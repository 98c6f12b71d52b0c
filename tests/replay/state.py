"""What a ``state`` line says, asked of a target and compared."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.replay.target import Target


def difference(state: dict[str, Any], target: Target) -> tuple[str, str] | None:
    """Expected and found, in words, where they differ; None when the target is as the line says."""
    if "bitmaps" in state:
        return _bitmaps(state, target)
    if "jobs" in state:
        return _unequal(state["jobs"], _ask(target, "query-jobs"))
    if "block-jobs" in state:
        return _unequal(state["block-jobs"], _ask(target, "query-block-jobs"))
    if "sha256" in state:
        return _unequal(state["sha256"], hashlib.sha256(target.file_bytes(state["file"])).hexdigest())
    if "commands" in state:
        present = {command["name"] for command in _ask(target, "query-commands")}
        return _unequal(state["commands"], {name: name in present for name in state["commands"]})
    if "exists" in state:
        return _unequal(state["exists"], target.file_exists(state["file"]))
    if "stored-bitmaps" in state:
        return _unequal(_by_name(state["stored-bitmaps"]), _by_name(target.stored_bitmaps(state["file"])))
    if "snapshots" in state:
        info = _node(target, state["node"]).get("image", {})
        return _unequal(state["snapshots"], [snapshot["name"] for snapshot in info.get("snapshots", [])])
    raise AssertionError(f"unknown kind of state: {sorted(state)}")


def dirty_sha256(extents: list[list[int]], granularity: int, size: int) -> str:
    """QEMU's hash of a bitmap: its bits packed little-endian into 64-bit words, at least one.

    Source: semantics.md 4.2.
    """
    bits = 0
    for offset, length in extents:
        first, last = offset // granularity, (offset + length - 1) // granularity
        bits |= ((1 << (last - first + 1)) - 1) << first
    count = -(-size // granularity)
    words = max(1, -(-count // 64))
    return hashlib.sha256(bits.to_bytes(8 * words, "little")).hexdigest()


def _bitmaps(state: dict[str, Any], target: Target) -> tuple[str, str] | None:
    node = _node(target, state["node"])
    if not node:
        return f"a node '{state['node']}'", "none"
    found = {bitmap.pop("name"): bitmap for bitmap in node.get("dirty-bitmaps", []) if "name" in bitmap}
    expected = state["bitmaps"]
    if state.get("all") and list(found) != list(expected):
        return f"the bitmaps {list(expected)} on {state['node']}", str(list(found))
    for name, wanted in expected.items():
        if name not in found:
            return f"a bitmap '{name}' on {state['node']}", f"only {list(found)}"
        told = {key: value for key, value in wanted.items() if key not in ("dirty-extents", "sha256")}
        if found[name] != told:
            return f"{name}: {told}", str(found[name])
        sha256 = wanted.get("sha256")
        if "dirty-extents" in wanted:
            size = node["image"]["virtual-size"]
            sha256 = dirty_sha256(wanted["dirty-extents"], wanted["granularity"], size)
        if sha256 is not None:
            arguments = {"node": state["node"], "name": name}
            found_sha256 = _ask(target, "x-debug-block-dirty-bitmap-sha256", arguments)["sha256"]
            if found_sha256 != sha256:
                return f"{name}: dirty {wanted.get('dirty-extents', '')} ({sha256})", found_sha256
    return None


def _node(target: Target, name: str) -> dict[str, Any]:
    nodes = _ask(target, "query-named-block-nodes", {"flat": True})
    return next((node for node in nodes if node["node-name"] == name), {})


def _ask(target: Target, command: str, arguments: dict[str, Any] | None = None) -> Any:
    reply = target.execute({"execute": command, "arguments": arguments or {}})
    assert reply is not None, f"no answer to {command}"
    assert "return" in reply, f"{command}: {reply}"
    return reply["return"]


def _by_name(bitmaps: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    if bitmaps is None:
        return None
    return {
        bitmap["name"]: {"granularity": bitmap["granularity"], "flags": sorted(bitmap["flags"])} for bitmap in bitmaps
    }


def _unequal(expected: Any, found: Any) -> tuple[str, str] | None:
    return None if expected == found else (str(expected), str(found))
