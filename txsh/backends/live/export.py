"""NBD exports of a QEMU's nodes, for guest I/O of ours: opened when first needed, kept, taken away where in the way.

Adding or removing an export changes QEMU's graph, so one that is open stays open. A writable export needs the right to
write, which the target of a job may not give; `Exports.make_way` knows which commands need which exports gone.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from txsh.backends.base import BackendLost, CommandFailed, GuestError, HostUnable
from txsh.backends.live.nbd import NbdClient, NbdFailed, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from txsh.backends.live.connection import Connection

SOCKET_FILE = ".nbd"
"""The server's socket in the private folder."""


class Sender(Protocol):
    """Sends commands of ours."""

    async def send(self, command: str, arguments: Mapping[str, Any], *, look: bool) -> Any:
        """Send one command and return its ``return`` value."""
        ...


class Export(NamedTuple):
    """An open export with the one connection to it.

    Args:
        id: QEMU's id and NBD's name of it.
        node: the node that it was asked for.
        client: None while nobody is connected.
    """

    id: str
    node: str
    client: NbdClient


class Exports:
    """The exports that we made."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._connection = connection
        self._socket = str(folder / SOCKET_FILE)
        self._sender: Sender | None = None
        self._serving = False
        self._count = 0
        self._writable: dict[str, Export] = {}
        self._readable: dict[str, Export] = {}

    def attach(self, sender: Sender) -> None:
        """Say who sends commands."""
        self._sender = sender

    async def writer(self, node: str) -> NbdClient:
        """A connection that may write to a node, above the filters that jobs have put on it.

        Raises:
            GuestError: EPERM: the node is read-only.
            CommandFailed: QEMU gives nobody the right to write there now, or there is no such node.
        """
        found = self._writable.get(node)
        if found is None:
            found = self._writable[node] = await self._open(node, writable=True)
        return found.client

    async def reader(self, node: str) -> NbdClient:
        """A connection that may read and flush a node.

        Raises:
            CommandFailed: there is no such node.
        """
        found = self._writable.get(node) or self._readable.get(node)
        if found is None:
            found = self._readable[node] = await self._open(node, writable=False)
        return found.client

    @asynccontextmanager
    async def status(self, node: str, context: str, bitmap: str | None = None) -> AsyncIterator[NbdClient]:
        """For a block: a read-only export of its own whose `status` tells of a context.

        Raises:
            CommandFailed: there is no such node or bitmap.
        """
        export = await self._open(node, writable=False, context=context, bitmap=bitmap)
        try:
            yield export.client
        finally:
            await self._close(export)

    async def make_way(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Close the exports that would make QEMU refuse a command, or that would mean another node after it."""
        if self._writable or self._readable:
            from txsh.backends.live.graph import conflicting  # noqa: PLC0415  # only after guest I/O

            both, writable = conflicting(command, arguments)
            for node in both | writable:
                await self.drop(node, readable=node in both)

    async def drop(self, node: str, *, readable: bool = True) -> None:
        """Close our exports of a node, the readable one only when asked."""
        for exports in (self._writable, self._readable) if readable else (self._writable,):
            export = exports.pop(node, None)
            if export is not None:
                await self._close(export)

    def abandon(self) -> None:
        """Hang up everywhere; QEMU is about to end."""
        for export in (*self._writable.values(), *self._readable.values()):
            export.client.abandon()
        self._writable.clear()
        self._readable.clear()

    async def _open(
        self, node: str, *, writable: bool, context: str | None = None, bitmap: str | None = None
    ) -> Export:
        await self._serve()
        self._count += 1
        name = f"txsh-{self._count}"
        arguments: dict[str, Any] = {"type": "nbd", "id": name, "node-name": node, "name": name}
        if writable:
            arguments["writable"] = True
        if bitmap is not None:
            arguments["bitmaps"] = [bitmap]
        await self._add(node, arguments)
        try:
            client = await connect(self._socket, name, context)
        except NbdFailed as error:
            self._connection.check()
            raise HostUnable("no-guest-io", f"the export of '{node}' cannot be used: {error}") from error
        return Export(name, node, client)

    async def _serve(self) -> None:
        if self._serving:
            return
        address = {"type": "unix", "data": {"path": SOCKET_FILE}}
        try:
            await self._send("nbd-server-start", {"addr": address})
        except CommandFailed as failure:
            raise HostUnable(
                "no-guest-io",
                f"the NBD server that guest I/O needs cannot be started: {failure.description}",
                "stop the NBD server that the script has started",
            ) from failure
        self._serving = True

    async def _add(self, node: str, arguments: dict[str, Any]) -> None:
        try:
            await self._send("block-export-add", arguments)
        except CommandFailed as failure:
            if not arguments.get("writable"):
                raise
            from txsh.backends.live.graph import is_read_only, top_of  # noqa: PLC0415  # only when refused

            nodes = await self._send("query-named-block-nodes", {"flat": True})
            if is_read_only(node, nodes):
                raise GuestError(1, os.strerror(1)) from failure
            top = top_of(node, nodes, await self._send("x-debug-query-block-graph", {}))
            if top == node:
                raise
            await self._send("block-export-add", {**arguments, "node-name": top})

    async def _close(self, export: Export) -> None:
        await export.client.close()
        self._connection.expect_deletion(export.id)
        try:
            await self._send("block-export-del", {"id": export.id, "mode": "hard"})
        except CommandFailed:
            # Somebody deleted it already; nothing of it is left.
            self._connection.forget_deletion(export.id)
            return
        except BackendLost:
            self._connection.forget_deletion(export.id)
            raise
        await self._connection.export_deleted(export.id)

    async def _send(self, command: str, arguments: Mapping[str, Any]) -> Any:
        assert self._sender is not None
        return await self._sender.send(command, arguments, look=True)
