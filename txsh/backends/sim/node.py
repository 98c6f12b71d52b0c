"""Nodes of the block graph, the edges between them, and I/O as it passes through a node.

A node is what all formats and filters share: edges, bitmaps, requests in flight, blockers. What makes it a file or a
qcow2 is its driver. Source: QEMU block.c, block/io.c.
"""

from __future__ import annotations

from errno import EIO, EPERM
from os import strerror

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.sim.bitmap import NAME_BYTES_MAX, DirtyBitmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from typing import Any, Protocol

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.driver.base import Driver
    from txsh.backends.sim.world import World

    class Parent(Protocol):
        """What can hold an edge to a node: another node, a job, a device or export."""

        stays_at_node: bool
        """Whether it keeps its node when a filter is put above that one."""

        def description(self) -> str:
            """How QEMU calls it in a refusal."""
            ...

        def drained_begin(self) -> None:
            """Start no new requests."""
            ...

        def drained_poll(self) -> bool:
            """Whether it may still have requests under way."""
            ...

        def drained_end(self) -> None:
            """Requests are welcome again."""
            ...


SECTOR_BYTES = 512
READ, WRITE, WRITE_UNCHANGED, RESIZE = 1, 2, 4, 8
ALL = READ | WRITE | WRITE_UNCHANGED | RESIZE


class Child:
    """An edge: a parent uses a node under a name, with permissions it needs and permissions it leaves to others.

    Attributes:
        rank: grows with each edge of a node that is attached or replaced.
    """

    __slots__ = ("name", "node", "parent", "permissions", "rank", "shared")

    def __init__(self, name: str, node: Node, parent: Parent, permissions: int) -> None:
        self.name = name
        self.node = node
        self.parent = parent
        self.permissions = permissions
        self.shared = ALL
        self.rank = 0

    def raise_rank(self) -> None:
        """Stand before the other edges of the parent, which has just got it. Source: block.c, bdrv_child_cb_attach."""
        if isinstance(self.parent, Node):
            self.rank = 1 + max(each.rank for each in self.parent.children)


class Node:
    """One node.

    Attributes:
        monitor_owned: made by blockdev-add, so that blockdev-del may take it.
        unmap: it was opened with ``discard: unmap``.
        detect_zeroes: ``on`` or ``unmap`` make a write of zeroes a request for zeroes; else ``off``.
        origin: the options of the blockdev-add that opened it, and where in them its own are.
        direct: it was opened with ``cache.direct``, past the page cache.
        force_share: it leaves everything to others, whoever uses it.
        no_flush: it was opened with ``cache.no-flush``, so that no flush reaches the disk.
        references: holders that are no edges.
        total_bytes: the size that it had when it was opened, or what was written beyond since; None: not known yet.
        in_flight: requests under way in it.
        iothread: the iothread that it runs in, None for the main loop.
        limits: what requests it takes, as far as the version shows them.
        write_generation: how many writes have completed.
        flushed_generation: how many of them the last flush covered.
        quiesce_count: how many drains are in force.
        blockers: reasons why operations on it are refused; a reason with the operations that it allows.
    """

    stays_at_node = False
    __slots__ = (
        "bitmaps",
        "blockers",
        "children",
        "detect_zeroes",
        "direct",
        "driver",
        "flushed_generation",
        "force_share",
        "in_flight",
        "iothread",
        "limits",
        "monitor_owned",
        "name",
        "no_flush",
        "options",
        "origin",
        "parents",
        "quiesce_count",
        "read_only",
        "references",
        "total_bytes",
        "unmap",
        "world",
        "write_generation",
    )

    def __init__(self, world: World, name: str, driver: Driver, options: dict[str, Any]) -> None:
        self.world = world
        self.name = name
        self.driver = driver
        self.options = options
        self.origin: tuple[Mapping[str, Any], tuple[str, ...]] = (options, ())
        self.read_only = False
        self.unmap = False
        self.detect_zeroes = "off"
        self.no_flush = False
        self.direct = False
        self.force_share = False
        self.write_generation = 0
        self.flushed_generation = 0
        self.monitor_owned = False
        self.references = 0
        self.total_bytes: int | None = None
        self.children: list[Child] = []
        self.parents: list[Child] = []
        self.bitmaps: list[DirtyBitmap] = []
        self.blockers: list[tuple[str, frozenset[str]]] = []
        self.in_flight = 0
        self.iothread: str | None = None
        self.limits: dict[str, int] = {}
        self.quiesce_count = 0

    @property
    def size_bytes(self) -> int:
        """The virtual size: what was last known of it, whoever has changed the file meanwhile.

        Source: QEMU block.c, bdrv_nb_sectors.
        """
        if self.total_bytes is None or self.driver.has_variable_length():
            self.total_bytes = self.driver.size_bytes()
        return self.total_bytes

    def grow_below(self, end: int) -> None:
        """The file was written up to there, through the nodes below."""
        node = self.file
        while True:
            node.grow(end)
            below = node.driver.host_offset(node, 0)
            if below is None or not node.children:
                return
            node, end = node.file, end + below

    def grow(self, size_bytes: int) -> None:
        """Something was written up to there. Source: QEMU block/io.c, bdrv_co_write_req_finish.

        Where the node below tells its growth, the size is right already, and the bitmaps stay short.
        """
        told = self.total_bytes is None or self.world.profile.filters_are_variable
        if size_bytes > (self.size_bytes if told else self.total_bytes or 0):
            self.total_bytes = size_bytes + -size_bytes % SECTOR_BYTES
            for bitmap in self.bitmaps:
                bitmap.truncate(self.total_bytes)

    @property
    def device_name(self) -> str:
        """The name of the drive that it is the node of; empty when it is of none. Source: bdrv_get_device_name."""
        for child in self.parents:
            if not isinstance(child.parent, Node):
                name: str = getattr(child.parent, "device_name", "")
                if name:
                    return name
        return ""

    @property
    def shown_name(self) -> str:
        """The name that refusals use. Source: bdrv_get_device_or_node_name."""
        return self.device_name or self.name

    def child(self, name: str) -> Child | None:
        """The edge of that name to a child, None when there is none."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def newest_children(self) -> list[Child]:
        """The edges to its children as QEMU lists them: the one last attached or replaced stands first."""
        return sorted(self.children, key=lambda child: -child.rank)

    @property
    def file(self) -> Node:
        """The node under the name ``file`` (blkdebug: ``image``)."""
        return self.children[0].node

    @property
    def backing(self) -> Node | None:
        """The backing node, None when there is none."""
        child = self.child("backing")
        return child.node if child else None

    # An edge's parent

    def description(self) -> str:
        """How QEMU calls it in a refusal."""
        return f"node '{self.name}'"

    def drained_begin(self) -> None:
        """Quiesce it, and so those above it."""
        self.quiesce()

    def drained_poll(self) -> bool:
        """Whether requests are under way in it or above it."""
        return self.busy()

    def drained_end(self) -> None:
        """Take one drain back."""
        self.unquiesce()

    # Drain

    def quiesce(self) -> None:
        """Ask everything above to start no new requests. Source: QEMU block/io.c, bdrv_do_drained_begin_quiesce."""
        self.quiesce_count += 1
        self.driver.drain_begin()
        if self.parents and (self.quiesce_count == 1 or not self.world.profile.quiesce_parents_once):
            for child in list(self.parents):
                child.parent.drained_begin()

    def unquiesce(self) -> None:
        """Take one `quiesce` back."""
        self.quiesce_count -= 1
        if self.parents and (self.quiesce_count == 0 or not self.world.profile.quiesce_parents_once):
            for child in list(self.parents):
                child.parent.drained_end()

    def busy(self) -> bool:
        """Whether a drain has to wait for it. Source: QEMU block/io.c, bdrv_drain_poll."""
        if self.in_flight:
            return True
        for child in self.parents:  # noqa: SIM110  # asked often: a generator would cost as much as the answers
            if child.parent.drained_poll():
                return True
        return False

    # Bitmaps

    def find_bitmap(self, name: str) -> DirtyBitmap | None:
        """The named bitmap, None when there is none."""
        for bitmap in self.bitmaps:
            if bitmap.name == name:
                return bitmap
        return None

    def create_bitmap(self, granularity: int, name: str | None = None) -> DirtyBitmap:
        """Make a bitmap; the newest stands first.

        Raises:
            CommandFailed: the name is taken or too long.
        """
        if name is not None:
            if self.find_bitmap(name):
                raise CommandFailed("GenericError", f"Bitmap already exists: {name}")
            if len(name.encode()) > NAME_BYTES_MAX:
                raise CommandFailed("GenericError", f"Bitmap name too long: {name}")
        bitmap = DirtyBitmap(self, granularity, name)
        self.bitmaps.insert(0, bitmap)
        return bitmap

    def release_bitmap(self, bitmap: DirtyBitmap) -> None:
        """Free a bitmap."""
        self.bitmaps.remove(bitmap)
        bitmap.released = True

    def check_operation(self, operation: str) -> None:
        """Refuse what a job or an overlay blocks.

        Raises:
            CommandFailed: a blocker does not allow the operation.
        """
        for reason, allowed in self.blockers:
            if operation not in allowed:
                raise CommandFailed("GenericError", f"Node '{self.shown_name}' is busy: {reason}")

    # I/O: generators of coroutines; each returns an errno, 0 for success

    def read(self, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Read ``[start, end)``; the error and the runs that are there."""
        if end > self.size_bytes and not self.driver.is_protocol:
            return EIO, []
        self.in_flight += 1
        try:
            return (yield from self.driver.read(self, start, end))
        finally:
            self.in_flight -= 1

    def can_compress(self) -> bool:
        """Whether it takes compressed writes. Source: block.c, bdrv_supports_compressed_writes."""
        return self.driver.can_compress and (not self.driver.is_filter or self.file.can_compress())

    def can_copy_range(self) -> bool:
        """Whether all the way down the file system could be asked to copy. Source: block/io.c, bdrv_co_copy_range."""
        return self.driver.can_copy_range and all(child.node.can_copy_range() for child in self.children)

    def write(
        self, runs: Sequence[Run], *, zero: bool = False, unmap: bool = False, compressed: bool = False
    ) -> Generator[None, None, int]:
        """Write the runs, which lie one after the other; `zero` is QEMU's write-zeroes request."""
        if self.read_only or any(bitmap.readonly for bitmap in self.bitmaps):
            return EPERM
        start, end = runs[0][0], runs[-1][1]
        if self.detect_zeroes != "off" and not zero and not any(value for _, _, value in runs):
            zero, unmap = True, self.detect_zeroes == "unmap"
        self.in_flight += 1
        try:
            yield from self.driver.debug_event(self, "pwritev_zero" if zero else "pwritev")
            if zero:
                error: int = yield from self.driver.zero(self, start, end, unmap and self.unmap)
            else:
                error = yield from self._write(runs, compressed=compressed)
            yield from self.driver.debug_event(self, "pwritev_done")
            if not error:
                self.grow(end)
            self.record(start, end)
            return error
        finally:
            self.in_flight -= 1

    def _write(self, runs: Sequence[Run], *, compressed: bool) -> Generator[None, None, int]:
        if compressed and self.driver.is_filter:
            return (yield from self.file.write(runs, compressed=True))
        return (yield from (self.driver.write_compressed if compressed else self.driver.write)(self, runs))

    def discard(self, start: int, end: int) -> Generator[None, None, int]:
        """Discard; dropped without a trace unless the node was opened with ``discard: unmap``, and by some drivers.

        Source: block/io.c, bdrv_co_pdiscard.
        """
        if self.read_only:
            return EPERM
        if not self.unmap or not self.driver.can_discard:
            return 0
        self.in_flight += 1
        try:
            error: int = yield from self.driver.discard(self, start, end)
            self.record(start, end)
            return error
        finally:
            self.in_flight -= 1

    def flush(self) -> Generator[None, None, int]:
        """Flush it, if it was written since the last time, and what is below. Source: block/io.c, bdrv_co_flush."""
        if self.read_only:
            return 0
        self.in_flight += 1
        try:
            generation = self.write_generation
            error: int = yield from self._flush(generation)
            if not error:
                self.flushed_generation = generation
            return error
        finally:
            self.in_flight -= 1

    def truncate(self, size_bytes: int) -> Generator[None, None, str | None]:
        """Change the size; returns QEMU's words when that cannot be. Source: block/io.c, bdrv_co_truncate."""
        if self.read_only:
            return "Image is read-only"
        if any(bitmap.readonly for bitmap in self.bitmaps):
            return f"Failed to prepare request for truncation: {strerror(EPERM)}"
        self.in_flight += 1
        try:
            refused: str | None = yield from self.driver.truncate(self, size_bytes)
            if refused is None:
                self.total_bytes = self.driver.size_bytes()
                self.write_generation += 1
                for bitmap in self.bitmaps:
                    bitmap.truncate(self.size_bytes)
            return refused
        finally:
            self.in_flight -= 1

    def _flush(self, generation: int) -> Generator[None, None, int]:
        below = self.children[0].node if self.children else None
        if below is not None:
            yield from below.driver.debug_event(below, "flush_to_os")
        if generation != self.flushed_generation and not self.no_flush:
            if below is not None:
                yield from below.driver.debug_event(below, "flush_to_disk")
            error: int = yield from self.driver.flush(self)
            if error:
                return error
        first = 0
        for child in self.driver.flushed_children(self):
            if child.permissions & (WRITE | WRITE_UNCHANGED):
                error = yield from child.node.flush()
                first = first or error
        return first

    def record(self, start: int, end: int) -> None:
        """A write has completed, well or badly: set the bits. Source: QEMU block/io.c, bdrv_co_write_req_finish."""
        self.write_generation += 1
        for bitmap in self.bitmaps:
            stop = end
            if end > bitmap.size_bytes:
                _refuse_bits_beyond(bitmap, end)
                stop = min(end, self.size_bytes)
            if start < stop:
                bitmap.record(start, stop)


def _refuse_bits_beyond(bitmap: DirtyBitmap, end: int) -> None:
    """QEMU sets bits behind the end of a bitmap: of a write that failed there, or of a node that grew unnoticed.

    Source: QEMU util/hbitmap.c, hbitmap_set.

    Raises:
        BackendLost: there are no such bits.
    """
    if not bitmap.disabled and end > bitmap.size_bytes + -bitmap.size_bytes % bitmap.granularity:
        raise BackendLost("QEMU crashes here: a write behind the end of a bitmap (SIGABRT)")
