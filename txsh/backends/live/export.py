"""NBD exports of a QEMU's nodes, for guest I/O of ours: opened when first needed, kept, taken away where in the way.

Adding or removing an export changes QEMU's graph and moves jobs about, so a writable one stays open; it needs the right
to write, which the target of a job may not give: `Exports.make_way` knows which commands need it gone. One that only
reads lasts as long as the request, since it would forbid others to resize the node.
"""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import asynccontextmanager, suppress

from txsh.backends.base import BackendLost, CommandFailed, GuestError, HostUnable
from txsh.backends.live.nbd import NbdClient, NbdFailed, connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path
    from typing import Any, NamedTuple, Protocol

    from txsh.backends.live.connection import Connection
else:
    from txsh.named import NamedTuple

    Protocol = object

SOCKET_FILE = ".nbd"
"""The server's socket in the private folder."""


class Sender(Protocol):
    """Sends commands of ours."""

    async def send(self, command: str, arguments: Mapping[str, Any], *, look: bool) -> Any:
        """Send one command and return its ``return`` value."""


class Export(NamedTuple):
    """An open export with the one connection to it.

    Args:
        id: QEMU's id and NBD's name of it.
    """

    id: str
    client: NbdClient


class Unserved(HostUnable):
    """No NBD server of ours can be had there."""


class Exports:
    """The exports that we made.

    Args:
        folder: where the server's socket will be.
        named: what QEMU calls that socket.
        mark: what tells our exports from those of others; they begin with it.
        is_local: whether QEMU can make a socket on this machine.
    """

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        named: str = SOCKET_FILE,
        *,
        mark: str = "txsh",
        is_local: bool = True,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._socket = str(folder / SOCKET_FILE)
        self._named = named
        self._theirs: str | None = None
        self._elsewhere: str | None = None
        self._mark = mark
        self._is_local = is_local
        self._sender: Sender | None = None
        self._serving = False
        self._reached = False
        self._unserved: Unserved | None = None
        self._opening = asyncio.Lock()
        self._count = 0
        self._writable: dict[str, Export] = {}

    def attach(self, sender: Sender) -> None:
        """Say who sends commands."""
        self._sender = sender

    async def serve(self) -> str:
        """Have the NBD server; returns where its socket is, or ``HOST:PORT`` of one that the script has started.

        Raises:
            HostUnable: it cannot be started.
        """
        if self._elsewhere is not None:
            return self._elsewhere
        await self._serve()
        return self._theirs or self._socket

    async def give_way(self) -> None:
        """Stop the server of ours, if nobody else uses it, so that the script finds none but its own."""
        if self._serving and self._theirs is None:
            await self.leave()

    def take_over(self, address: Mapping[str, Any] | None) -> None:
        """The script has started a server of its own there; None: it has stopped the one that ran."""
        self.abandon()
        given = address or {}
        data = given.get("data", given)
        path = data.get("path") if given.get("type") == "unix" else None
        self._theirs = None if path is None else str(self._folder / path)
        self._elsewhere = f"{data['host']}:{data['port']}" if given.get("type") == "inet" else None
        self._serving = self._theirs is not None

    async def writer(self, node: str) -> NbdClient:
        """A connection that may write to a node, above the filters that jobs have put on it.

        Raises:
            GuestError: EPERM: the node is read-only.
            CommandFailed: QEMU gives nobody the right to write there now.
            HostUnable: there is no such node.
        """
        async with self._opening:
            found = self._writable.get(node)
            if found is None:
                found = self._writable[node] = await self._open(node, writable=True)
        return found.client

    @asynccontextmanager
    async def reader(self, node: str) -> AsyncIterator[NbdClient]:
        """For a block: a connection that may read and flush a node, the writing one where there is one.

        Raises:
            HostUnable: there is no such node.
        """
        found = self._writable.get(node)
        if found is not None:
            yield found.client
            return
        async with self.lone(node, None) as client:
            yield client

    @asynccontextmanager
    async def lone(self, node: str, context: str | None, bitmap: str | None = None) -> AsyncIterator[NbdClient]:
        """For a block: a read-only export of its own, whose `status` tells of a context.

        Raises:
            CommandFailed: there is no such bitmap.
            HostUnable: there is no such node.
        """
        async with self._opening:
            export = await self._open(node, writable=False, context=context, bitmap=bitmap)
        try:
            yield export.client
        finally:
            await self._close(export)

    async def make_way(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Close the exports that would make QEMU refuse a command, or that would mean another node after it."""
        if self._writable:
            from txsh.backends.live.graph import (  # noqa: PLC0415  # only after guest I/O
                backed_up,
                below,
                conflicting,
                starts_job,
            )

            # What lies where in a chain is not known here, and the next access opens them again.
            if starts_job(command, arguments) or command == "query-block-exports":
                nodes = set(self._writable)
            else:
                nodes = conflicting(command, arguments)
                sources = backed_up(command, arguments)
                if sources:
                    # No more than has to go: to close an export flushes its node, which a fault may wait for.
                    nodes |= below(sources, await self._send("x-debug-query-block-graph", {}))
            for node in [node for node in self._writable if node in nodes]:
                await self.drop(node)

    async def drop(self, node: str) -> None:
        """Close the writable export of a node, if there is one."""
        export = self._writable.pop(node, None)
        if export is not None:
            await self._close(export)

    async def leave(self) -> None:
        """Close everything, and stop the server unless somebody else uses it by now.

        Raises:
            BackendLost: QEMU is gone.
        """
        for node in list(self._writable):
            await self.drop(node)
        if not self._serving or self._theirs is not None:
            return
        exports = await self._send("query-block-exports", {})
        ours = [export["id"] for export in exports if export["id"].startswith(f"{self._mark}-")]
        for export_id in ours:
            # A request that was broken off has left it.
            await self._delete(export_id)
        if not any(export["type"] == "nbd" and export["id"] not in ours for export in exports):
            self._serving = False
            with suppress(CommandFailed):
                await self._send("nbd-server-stop", {})

    def abandon(self) -> None:
        """Hang up everywhere; QEMU is about to end."""
        for export in self._writable.values():
            export.client.abandon()
        self._writable.clear()

    async def _open(
        self, node: str, *, writable: bool, context: str | None = None, bitmap: str | None = None
    ) -> Export:
        await self._serve()
        self._count += 1
        name = f"{self._mark}-{self._count}"
        arguments: dict[str, Any] = {"type": "nbd", "id": name, "node-name": node, "name": name}
        if writable:
            arguments["writable"] = True
        if bitmap is not None:
            arguments["bitmaps"] = [bitmap]
        await self._add(node, arguments)
        try:
            client = await connect(self._theirs or self._socket, name, context)
        except NbdFailed as error:
            self._connection.check()
            await self._delete(name)
            text = f"the export of '{node}' cannot be used: {error}"
            if not self._reached:
                self._unserved = Unserved(
                    "no-guest-io", text, "QEMU has to run on this machine for it, and a served simulator has none"
                )
                raise self._unserved from error
            raise HostUnable("no-guest-io", text) from error
        self._reached = True
        return Export(name, client)

    async def _serve(self) -> None:
        if self._unserved is not None:
            raise self._unserved
        if self._serving:
            return
        if not self._is_local:
            raise Unserved(
                "no-guest-io",
                "guest I/O needs an NBD server on this machine, and QEMU is on another",
                "attach to a Unix socket on QEMU's own machine",
            )
        address = {"type": "unix", "data": {"path": self._named}}
        try:
            await self._send("nbd-server-start", {"addr": address})
        except CommandFailed as failure:
            raise Unserved(
                "no-guest-io",
                f"the NBD server that guest I/O needs cannot be started: {failure.description}",
                "QEMU has one at a time: nbd-server-stop ends the one that somebody has started",
            ) from failure
        self._serving = True

    async def _add(self, node: str, arguments: dict[str, Any]) -> None:
        """Add an export of a node; one that writes goes above the filters that jobs have over it by now.

        A job may begin or end between a refusal and the look at the graph, so what was refused is tried once more
        when the graph does not say why.
        """
        place, unexplained = node, False
        while True:
            try:
                await self._send("block-export-add", {**arguments, "node-name": place})
            except CommandFailed as failure:
                top = await self._place_above(node, failure, writable=bool(arguments.get("writable")))
                if top == place and unexplained:
                    raise
                place, unexplained = top, top == place
            else:
                return

    async def _place_above(self, node: str, failure: CommandFailed, *, writable: bool) -> str:
        """The node to export instead after a refusal; raises when no other place would help."""
        from txsh.backends.live.graph import top_of  # noqa: PLC0415  # only when refused

        nodes = await self._send("query-named-block-nodes", {"flat": True})
        found = [info for info in nodes if info.get("node-name") == node]
        if not found:
            raise HostUnable("no-node", f"there is no node {node}") from failure
        if not writable:
            raise failure
        if found[0].get("ro"):
            raise GuestError(errno.EPERM, os.strerror(errno.EPERM)) from failure
        return top_of(node, nodes, await self._send("x-debug-query-block-graph", {}))

    async def _close(self, export: Export) -> None:
        await export.client.close()
        await self._delete(export.id)

    async def _delete(self, export_id: str) -> None:
        self._connection.expect_deletion(export_id)
        try:
            await self._send("block-export-del", {"id": export_id, "mode": "hard"})
        except CommandFailed:
            # Somebody deleted it already; nothing of it is left.
            self._connection.forget_deletion(export_id)
            return
        except BackendLost:
            self._connection.forget_deletion(export_id)
            raise
        await self._connection.export_deleted(export_id)

    async def _send(self, command: str, arguments: Mapping[str, Any]) -> Any:
        assert self._sender is not None
        return await self._sender.send(command, arguments, look=True)
