"""Which exports and nodes run in an iothread, as far as this run has put them there: no query of QEMU shows it.

Knows no defect. A node takes everything that it is connected with into its iothread, which the graph tells.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, NamedTuple

    from txsh.session.session import Session
else:
    from txsh.named import NamedTuple


class Placed(NamedTuple):
    """Something in an iothread.

    Args:
        export: the export's id, or None for a node that was put there by itself.
        is_fixed: it stays there whoever else uses its node (``fixed-iothread``).
    """

    node: str
    iothread: str
    export: str | None = None
    is_fixed: bool = False

    @property
    def words(self) -> str:
        """Who runs where, to begin a message with."""
        who = f"'{self.node}'" if self.export is None else f"export '{self.export}' of '{self.node}'"
        return f"{who} runs in iothread '{self.iothread}'"


class Iothreads:
    """What was put where.

    Attributes:
        exports: those in an iothread, by id.
        nodes: those that were put there by themselves, by name.
    """

    __slots__ = ("exports", "nodes")

    def __init__(self) -> None:
        self.exports: dict[str, Placed] = {}
        self.nodes: dict[str, Placed] = {}

    @property
    def are_used(self) -> bool:
        """Whether anything is in one."""
        return bool(self.exports or self.nodes)

    def heard(self, command: str, arguments: Mapping[str, Any]) -> None:
        """A command that QEMU has carried out."""
        match command:
            case "block-export-add" if "iothread" in arguments:
                export, node = arguments["id"], arguments["node-name"]
                is_fixed = arguments.get("fixed-iothread", False)
                self.exports[export] = Placed(node, _name(arguments["iothread"]), export, is_fixed)
            case "block-export-del":
                self.exports.pop(arguments["id"], None)
            case "nbd-server-stop":
                self.exports = {}
            case "x-blockdev-set-iothread" if arguments["iothread"] is None:
                self.nodes.pop(arguments["node-name"], None)
            case "x-blockdev-set-iothread":
                node = arguments["node-name"]
                self.nodes[node] = Placed(node, arguments["iothread"])
            case "blockdev-del":
                self.nodes.pop(arguments["node-name"], None)

    def of(self, nodes: Iterable[str]) -> Placed | None:
        """What puts one of these nodes into an iothread; one that stays there before others. None: nothing does."""
        names = set(nodes)
        found = [placed for placed in (*self.exports.values(), *self.nodes.values()) if placed.node in names]
        return min(found, key=lambda placed: not placed.is_fixed, default=None)


async def connected(session: Session, node: str) -> set[str]:
    """The nodes that are always in the same thread as a node, itself among them.

    Source: block.c, bdrv_change_aio_context goes to parents and children alike.
    """
    graph = await session.backend.execute("x-debug-query-block-graph", {}, look=True)
    names = {each["id"]: each["name"] for each in graph["nodes"] if each["type"] == "block-driver"}
    pairs = [(names[edge["parent"]], names[edge["child"]]) for edge in graph["edges"] if edge["parent"] in names]
    found, fresh = {node}, {node}
    while fresh:
        fresh = {end for pair in pairs if fresh & set(pair) for end in pair} - found
        found |= fresh
    return found


def _name(iothread: str | list[str]) -> str:
    return iothread if isinstance(iothread, str) else ", ".join(iothread)
