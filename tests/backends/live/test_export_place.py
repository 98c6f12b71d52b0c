"""Where a writing export goes while jobs come and go between a refusal and the look at the graph."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from txsh.backends.base import CommandFailed
from txsh.backends.live.export import Exports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from txsh.backends.live.connection import Connection

CONFLICT = "Permission conflict on node 'd'"


class Graph:
    """Answers as a QEMU whose only job filter has gone after so many refusals; remembers where exports were tried."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals
        self.places: list[str] = []

    async def send(self, command: str, arguments: Mapping[str, Any], *, look: bool) -> Any:
        assert look
        if command == "query-named-block-nodes":
            return [{"node-name": "d", "drv": "qcow2", "ro": False}]
        if command == "x-debug-query-block-graph":
            return {"nodes": [{"id": 1, "type": "block-driver", "name": "d"}], "edges": []}
        self.places.append(arguments["node-name"])
        if self.left:
            self.left -= 1
            raise CommandFailed("GenericError", CONFLICT)
        return {}


def add(graph: Graph, folder: Path) -> None:
    exports = Exports(cast("Connection", None), folder)
    exports.attach(graph)
    asyncio.run(exports._add("d", {"type": "nbd", "id": "e", "writable": True}))  # noqa: SLF001  # the step in question


def test_a_filter_gone_before_the_look_is_no_refusal(tmp_path: Path) -> None:
    graph = Graph(refusals=1)
    add(graph, tmp_path)
    assert graph.places == ["d", "d"]


def test_a_refusal_that_stays_is_told_in_qemus_words(tmp_path: Path) -> None:
    graph = Graph(refusals=5)
    with pytest.raises(CommandFailed, match=CONFLICT):
        add(graph, tmp_path)
    assert graph.places == ["d", "d"]
