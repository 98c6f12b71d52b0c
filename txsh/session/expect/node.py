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


async def check(session: Session, step: Expect) -> None:
    """Compare.

    Raises:
        StatementFailed: the node is different, or not there.
    """
    await session.collect()
    name = step.values["node"]
    nodes = users_nodes(await look_at_nodes(session.backend), session.names)
    node = nodes.get(name)
    origin = last_change(session, "node", name)
    if node is None:
        raise unmet(session, step, f"there is no node {name}", "it does not exist", origin=origin)
    differences = []
    readonly = step.values.get("readonly")
    if readonly is not None and readonly != node.readonly:
        expected, actual = ("readonly", "readonly=false") if readonly else ("readonly=false", "readonly")
        differences.append(Difference("readonly", expected, actual))
    backing = step.values.get("backing")
    if backing is not None and _backing(session, node, nodes) != backing:
        differences.append(Difference("backing", f"backing={backing}", f"backing={_backing(session, node, nodes)}"))
    if differences:
        raise failed(session, step, f"node {name}", differences, origin=origin)


def _backing(session: Session, node: NodeInfo, nodes: Mapping[str, NodeInfo]) -> str | None:
    """The node below an overlay, found by its image: QMP names a backing file by its file name only."""
    if node.backing_file is None:
        return None
    for name, declared in session.names.declared.items():
        if name in nodes and declared.file is not None and session.host.path(declared.file) == node.backing_file:
            return name
    return node.backing_file
