"""x-debug-query-block-graph: all block backends, block jobs and nodes, and what holds what with which permissions.

Each list comes last first, as QEMU puts every entry in front. Source: QEMU block.c, bdrv_get_xdbg_block_graph.
"""

from __future__ import annotations

from txsh.backends.sim.node import READ, RESIZE, WRITE, WRITE_UNCHANGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from txsh.backends.sim.node import Child
    from txsh.backends.sim.world import World

PERMISSIONS = (
    (RESIZE, "resize"),
    (WRITE_UNCHANGED, "write-unchanged"),
    (WRITE, "write"),
    (READ, "consistent-read"),
)


class _Graph:
    """Gives a number to each thing when it is first named."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self._numbers: dict[int, int] = {}

    def add(self, thing: Any, kind: str, name: str, edges: Iterable[Child]) -> None:
        self.nodes.insert(0, {"name": name, "type": kind, "id": self._number(thing)})
        for edge in edges:
            described = {
                "name": edge.name,
                "parent": self._number(thing),
                "shared-perm": _words(edge.shared),
                "perm": _words(edge.permissions),
                "child": self._number(edge.node),
            }
            self.edges.insert(0, described)

    def _number(self, thing: Any) -> int:
        return self._numbers.setdefault(id(thing), len(self._numbers) + 1)


def run(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The graph as it is."""
    del arguments
    graph = _Graph()
    for drive in world.drives:
        graph.add(drive, "block-backend", drive.name, [] if drive.root is None else [drive.root])
    for export in reversed(world.exports):
        graph.add(export, "block-backend", "", [export.root])
    for job in world.jobs:
        if job.driver.is_block_job:
            graph.add(job, "block-job", job.id, job.edges)
    for node in world.nodes:
        graph.add(node, "block-driver", node.name, node.newest_children())
    return {"edges": graph.edges, "nodes": graph.nodes}


def _words(permissions: int) -> list[str]:
    return [name for bit, name in PERMISSIONS if permissions & bit]


COMMANDS = {"x-debug-query-block-graph": run}
