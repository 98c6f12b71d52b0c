"""Block backends: what a drive of the command line, or the monitor's qemu-io, reads and writes a node through.

Knows nothing of who asks. An export is another kind of them, see `export`. Source: QEMU block/block-backend.c.
"""

from __future__ import annotations

from errno import EIO, ENOMEDIUM

from txsh.backends.base import CommandFailed
from txsh.backends.sim.drain import drained_begin, drained_end
from txsh.backends.sim.graph import attach, detach
from txsh.backends.sim.loop import Coroutine
from txsh.backends.sim.permission import refresh

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from txsh.backends.sim.node import Child, Node
    from txsh.backends.sim.world import World

    Request = Callable[[Node], Generator[None, None, Any]]


class BlockBackend:
    """One of them.

    Attributes:
        name: of a drive; empty for one that only serves a command.
        root: its edge to a node, which moves with filters; None without a medium.
    """

    stays_at_node = False
    __slots__ = ("_in_flight", "name", "root", "world")

    def __init__(self, world: World, node: Node | None, *, name: str = "", permissions: int = 0) -> None:
        self.world = world
        self.name = name
        self._in_flight = 0
        self.root: Child | None = None if node is None else attach(self, "root", node, permissions)

    @property
    def device_name(self) -> str:
        """The name by which commands and refusals know its node besides; empty when there is none."""
        return self.name

    def insert(self, node: Node, permissions: int) -> None:
        """Give it its node.

        Raises:
            CommandFailed: the node's users do not get on with it.
        """
        self.root = attach(self, "root", node, permissions)

    # An edge's parent

    def description(self) -> str:
        """How QEMU calls it in a refusal."""
        return f"block device '{self.name}'" if self.name else "an unnamed block device"

    def drained_begin(self) -> None:
        """Start no new requests; there are none, as the monitor is what waits for the drain."""

    def drained_poll(self) -> bool:
        """Whether requests are under way."""
        return self._in_flight > 0

    def drained_end(self) -> None:
        """Requests are welcome again."""

    # Its requests

    def need(self, permissions: int) -> None:
        """Have these permissions from now on, too.

        Raises:
            CommandFailed: another user of the node does not share them; nothing has changed.
        """
        root = self.root
        if root is None or not permissions & ~root.permissions:
            return
        before = root.permissions
        root.permissions |= permissions
        try:
            refresh([root.node])
        except CommandFailed:
            root.permissions = before
            raise

    def start(self, start: int, length: int, request: Request) -> Coroutine:
        """Begin a request over ``[start, start + length)`` and let it run until it waits.

        The coroutine's result is what the request returns, or an errno where QEMU does not even begin it.
        Source: blk_check_byte_request.
        """
        coroutine = Coroutine(self._run(start, length, request))
        self.world.loop.enter(coroutine)
        return coroutine

    def wait(self, coroutine: Coroutine) -> Any:
        """Let everything run until a request is through, and give its result."""
        self.world.loop.wait_while(lambda: not coroutine.finished)
        return coroutine.result

    def drain(self) -> None:
        """Wait until its requests are through, with the whole node at rest. Source: blk_drain."""
        if self.root is None:
            return
        node = self.root.node
        drained_begin(node)
        self.world.loop.wait_while(self.drained_poll)
        drained_end(node)

    def close(self) -> None:
        """Let go of the node. Source: blk_unref, blk_remove_bs."""
        self.drain()
        root = self.root
        if root is not None:
            self.drain()
            self.root = None
            detach(root)

    def _run(self, start: int, length: int, request: Request) -> Generator[None, None, Any]:
        if self.root is None:
            return ENOMEDIUM
        node = self.root.node
        if start + length > node.size_bytes:
            return EIO
        self._in_flight += 1
        try:
            return (yield from self.world.graph_lock.reading(request(node)))
        finally:
            self._in_flight -= 1
