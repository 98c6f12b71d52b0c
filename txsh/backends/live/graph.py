"""Which exports of ours are in the way of a command; what lies over and below a node in QEMU's graph. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

_JOB_FILTERS = frozenset({"copy-before-write", "mirror_top", "commit_top"})
"""Filters that jobs put between a node and its guest."""

_JOBS = frozenset(
    {
        "block-commit",
        "block-stream",
        "blockdev-create",
        "blockdev-mirror",
        "drive-mirror",
        "x-blockdev-amend",
    }
)

_IN_THE_WAY = {
    "block_resize": ("device", "node-name"),
    "blockdev-backup": ("target",),
    "blockdev-del": ("node-name",),
    "blockdev-mirror": ("target",),
    "blockdev-snapshot": ("node", "overlay"),
    "blockdev-snapshot-sync": ("device", "node-name"),
}
"""The members of commands and actions that name a node to which we may not write then."""


def conflicting(command: str, arguments: Mapping[str, Any]) -> set[str]:
    """Nodes whose writable exports of ours have to go before a command.

    A job is the only one to write to its target. A node that is deleted or resized must have no such user. After a
    snapshot QEMU moves an export to the overlay, while the node's name stays below.
    """
    nodes: set[str] = set()
    for kind, data in _actions(command, arguments):
        if kind == "blockdev-reopen":
            options = data.get("options")
            for option in options if isinstance(options, list) else []:
                if isinstance(option, dict) and option.get("read-only"):
                    nodes |= _named(option, ("node-name",))
        else:
            nodes |= _named(data, _IN_THE_WAY.get(kind, ()))
    return nodes


def starts_job(command: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a command writes into a chain or puts a filter into one, so that nobody may write to what is below."""
    return any(kind in _JOBS for kind, _ in _actions(command, arguments))


def backed_up(command: str, arguments: Mapping[str, Any]) -> set[str]:
    """The sources of the backups that a command starts: each gets a filter, and nobody may write to what is below."""
    nodes: set[str] = set()
    for kind, data in _actions(command, arguments):
        if kind in {"blockdev-backup", "drive-backup"}:
            nodes |= _named(data, ("device",))
    return nodes


def below(nodes: Iterable[str], graph: Mapping[str, Any]) -> set[str]:
    """All that lies under some nodes or devices, themselves only where one lies under another.

    Args:
        graph: reply of x-debug-query-block-graph.
    """
    names = {vertex["id"]: vertex["name"] for vertex in graph["nodes"] if vertex["type"] != "block-job"}
    found: set[str] = set()
    fresh = set(nodes)
    while fresh:
        fresh = {names[edge["child"]] for edge in graph["edges"] if names.get(edge["parent"]) in fresh} - found
        found |= fresh
    return found


def top_of(node: str, nodes: Iterable[Mapping[str, Any]], graph: Mapping[str, Any]) -> str:
    """The topmost filter that jobs have put over a node; the node itself when there is none.

    Args:
        nodes: reply of query-named-block-nodes.
        graph: reply of x-debug-query-block-graph.
    """
    filters = {info["node-name"] for info in nodes if info.get("drv") in _JOB_FILTERS}
    names = {vertex["id"]: vertex["name"] for vertex in graph["nodes"] if vertex["type"] == "block-driver"}
    above = {
        names[edge["child"]]: names[edge["parent"]]
        for edge in graph["edges"]
        if edge["name"] in {"file", "backing"} and names.get(edge["parent"]) in filters and edge["child"] in names
    }
    while node in above:
        node = above[node]
    return node


def file_below(node: str, nodes: Iterable[Mapping[str, Any]], graph: Mapping[str, Any]) -> str | None:
    """The name of the image file that a node's data lies in, below filters; None when it lies in none.

    The node's own ``filename`` does not tell: above a filter it is a description, and cut when that is long.
    """
    files = {info["node-name"]: info["image"]["filename"] for info in nodes if info.get("drv") == "file"}
    names = {vertex["id"]: vertex["name"] for vertex in graph["nodes"]}
    below = {
        names[edge["parent"]]: names[edge["child"]] for edge in graph["edges"] if edge["name"] in {"file", "image"}
    }
    found: str | None = node
    while found is not None and found not in files:
        found = below.get(found)
    return None if found is None else str(files[found])


def _actions(command: str, arguments: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    if command != "transaction":
        return [(command, arguments)]
    actions = arguments.get("actions")
    return [
        (action["type"], action["data"])
        for action in (actions if isinstance(actions, list) else [])
        if isinstance(action, dict) and isinstance(action.get("type"), str) and isinstance(action.get("data"), dict)
    ]


def _named(data: Mapping[str, Any], members: Iterable[str]) -> set[str]:
    return {data[member] for member in members if isinstance(data.get(member), str)}
