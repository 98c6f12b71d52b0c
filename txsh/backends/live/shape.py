"""What txsh reads of a peer's replies and events, to be held against what has come: a broken peer is told as one.

Knows no meaning, and nothing of what txsh does not read: a newer QEMU may say more.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAYBE = "?"
"""At the end of a member's name: it may be missing."""

_JOB = {"id": str, "status": str}
_BLOCK_JOB = {"device": str, "type": str, "offset": int, "len": int, "speed": int, "error?": str}
_BITMAP = {
    "name?": str,
    "count": int,
    "granularity": int,
    "recording": bool,
    "busy": bool,
    "persistent": bool,
    "inconsistent?": bool,
}
_IMAGE = {"virtual-size": int, "cluster-size?": int, "format-specific?": {"data?": {"compat?": str}}}
_NODE = {
    "node-name": str,
    "drv": str,
    "ro": bool,
    "image": _IMAGE,
    "backing_file?": str,
    "dirty-bitmaps?": [_BITMAP],
}
_GRAPH = {
    "nodes": [{"id": int, "type": str, "name": str}],
    "edges": [{"parent": int, "child": int, "name": str}],
}

_REPLIES: dict[str, Any] = {
    "human-monitor-command": str,
    "query-block": [{"device": str, "inserted?": {"node-name?": str}}],
    "query-block-exports": [{"id": str}],
    "query-commands": [{"name": str}],
    "query-jobs": [{**_JOB, "type": str, "current-progress": int, "total-progress": int, "error?": str}],
    "query-named-block-nodes": [_NODE],
    "query-qmp-schema": [{"name": str, "meta-type": str}],
    "x-debug-block-dirty-bitmap-sha256": {"sha256": str},
    "x-debug-query-block-graph": _GRAPH,
}
_EVENTS: dict[str, Any] = {
    "BLOCK_EXPORT_DELETED": {"id": str},
    "BLOCK_JOB_CANCELLED": _BLOCK_JOB,
    "BLOCK_JOB_COMPLETED": _BLOCK_JOB,
    "BLOCK_JOB_ERROR": {"device": str, "operation": str, "action": str},
    "BLOCK_JOB_READY": _BLOCK_JOB,
    "JOB_STATUS_CHANGE": _JOB,
}


def misfit_of_reply(command: str, value: Any) -> str | None:
    """Where a reply is not as QEMU's are, in words (``[0].image is missing``); None when it can be read."""
    shape = _REPLIES.get(command)
    return None if shape is None else _misfit(value, shape, "")


def misfit_of_event(name: str, data: Any) -> str | None:
    """The same of an event's data."""
    shape = _EVENTS.get(name)
    return None if shape is None else _misfit(data, shape, "data")


def _misfit(value: Any, shape: Any, path: str) -> str | None:
    if isinstance(shape, list):
        return _misfit_of_list(value, shape[0], path)
    if isinstance(shape, dict):
        return _misfit_of_object(value, shape, path)
    # JSON's true is an int to Python.
    fits = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return None if fits else f"{path or 'it'} is no {_WORDS[shape]}"


_WORDS = {str: "text", int: "integer", bool: "boolean"}


def _misfit_of_list(value: Any, inner: Any, path: str) -> str | None:
    if not isinstance(value, list):
        return f"{path or 'it'} is no list"
    for index, each in enumerate(value):
        found = _misfit(each, inner, f"{path}[{index}]")
        if found is not None:
            return found
    return None


def _misfit_of_object(value: Any, shape: dict[str, Any], path: str) -> str | None:
    if not isinstance(value, dict):
        return f"{path or 'it'} is no object"
    for key, inner in shape.items():
        name = key.removesuffix(_MAYBE)
        below = f"{path}.{name}".lstrip(".")
        if name in value:
            found = _misfit(value[name], inner, below)
            if found is not None:
                return found
        elif name == key:
            return f"{below} is missing"
    return None
