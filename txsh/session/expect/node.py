"""`expect node`: it exists, and is as said."""

from __future__ import annotations

from txsh.session.expect.evidence import Difference, failed, last_change, unmet
from txsh.session.view import look_at_nodes, users_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from txsh.actions.step import Expect
    from txsh.model.state import NodeInfo
    from txsh.session.session import Session

_FILTERS = frozenset({"blkdebug", "commit_top", "copy-before-write", "copy-on-read", "mirror_top", "throttle"})
_FILTERED = ("image", "file", "backing")
"""The edges from a filter to the node that it is over."""


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: the node is different, or not there.
    """
    await session.collect()
    name = session.names.shown(step.values["node"])
    nodes = await look_at_nodes(session.backend)
    node = users_nodes(nodes, session.names).get(name)
    origin = last_change(session, "node", name)
    if node is None:
        raise unmet(session, step, f"there is no node {name}", "it does not exist", origin=origin)
    differences = []
    readonly = step.values.get("readonly")
    if readonly is not None and readonly != node.readonly:
        expected, actual = ("readonly", "readonly=false") if readonly else ("readonly=false", "readonly")
        differences.append(Difference("readonly", expected, actual))
    backing = step.values.get("backing")
    if backing is not None:
        below = await _backing(session, name, nodes)
        if below != session.names.shown(backing):
            shown = "no backing" if below is None else f"backing={below}"
            differences.append(Difference("backing", f"backing={backing}", shown))
    if differences:
        raise failed(session, step, f"node {name}", differences, origin=origin)


async def _backing(session: Session, name: str, nodes: Mapping[str, NodeInfo]) -> str | None:
    """The node below an overlay, through filters; when that one has no name of its own, the name of its file.

    The graph tells it. That a node's `backing_file` is the name of another one's file is only true of some images.

    Args:
        name: the overlay's, as users say it.
        nodes: all of them, by their names in QEMU.
    """
    graph = await session.backend.execute("x-debug-query-block-graph", {}, look=True)
    names = {each["id"]: each["name"] for each in graph["nodes"] if each["type"] == "block-driver"}
    below = {
        (names[edge["parent"]], edge["name"]): names[edge["child"]]
        for edge in graph["edges"]
        if edge["parent"] in names
    }
    devices = session.names.devices
    node = next((each for each, device in devices.items() if device == name), name)
    shown = users_nodes(nodes, session.names)
    found = below.get((node, "backing"))
    while found is not None and devices.get(found, found) not in shown:
        if nodes[found].driver not in _FILTERS:
            return nodes[node].backing_file
        found = next((below[found, edge] for edge in _FILTERED if (found, edge) in below), None)
    return None if found is None else devices.get(found, found)
