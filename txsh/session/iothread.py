"""Which nodes and exports run in an iothread, as far as this run has put them there: no query of QEMU shows it.

Knows no defect.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NamedTuple
else:
    from txsh.named import NamedTuple

_TOLD_BY = frozenset(("block-export-add", "block-export-del", "nbd-server-stop", "x-blockdev-set-iothread"))


class Placed(NamedTuple):
    """An export in an iothread."""

    export: str
    node: str
    iothread: str


class Iothreads:
    """What was put where.

    Attributes:
        exports: those in an iothread, by id.
        nodes: the iothread of each node that was put into one by itself.
    """

    __slots__ = ("exports", "nodes")

    def __init__(self) -> None:
        self.exports: dict[str, Placed] = {}
        self.nodes: dict[str, str] = {}

    def heard(self, command: str, arguments: Mapping[str, Any]) -> None:
        """A command that QEMU has carried out."""
        if command not in _TOLD_BY:
            return
        match command:
            case "block-export-add" if "iothread" in arguments:
                placed = Placed(arguments["id"], arguments["node-name"], arguments["iothread"])
                self.exports[placed.export] = placed
            case "block-export-del":
                self.exports.pop(arguments["id"], None)
            case "nbd-server-stop":
                self.exports = {}
            case "x-blockdev-set-iothread" if isinstance(arguments["iothread"], str):
                self.nodes[arguments["node-name"]] = arguments["iothread"]
            case "x-blockdev-set-iothread":
                self.nodes.pop(arguments["node-name"], None)

    def of(self, node: str) -> str | None:
        """The iothread that a node runs in; None: none that this run knows of."""
        placed = self.export_of(node)
        return self.nodes.get(node) if placed is None else placed.iothread

    def export_of(self, node: str) -> Placed | None:
        """An export of a node that is in an iothread."""
        return next((placed for placed in self.exports.values() if placed.node == node), None)
