"""Creating a qcow2 image on a node: header and refcounts first, then an L1 table of the right size, then names.

Each step is a request to the node, so that faults below meet it as in QEMU; afterwards the tables are kept apart from
the file's bytes, see `disk`. Source: QEMU block/qcow2.c (qcow2_co_create, qcow2_co_truncate).
"""

from __future__ import annotations

from errno import EFBIG
from os import strerror

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.allocation import FIXED_CLUSTERS, Allocation
from txsh.backends.sim.block_backend import BlockBackend
from txsh.backends.sim.create import CreationFailed
from txsh.backends.sim.create_qcow2_options import CLUSTER_BYTES, REFCOUNT_BITS, check
from txsh.backends.sim.disk import Format
from txsh.backends.sim.driver.qcow2 import Qcow2Driver
from txsh.backends.sim.graph import release
from txsh.backends.sim.node import READ, RESIZE, WRITE
from txsh.backends.sim.open import open_node, open_reference, place_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Any

    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World

    Step = Generator[None, None, None]

LENGTH_BYTES_MAX = 9223372035781033984
"""Source: include/block/block_int-common.h, BDRV_MAX_LENGTH."""
FIRST_TABLE_BYTES_MAX = 32 << 20
"""Source: block/qcow2.h, QCOW_MAX_L1_SIZE."""
BACKING_NAME_BYTES_MAX = 1023
HEADER_BYTES = 112


def create_qcow2(world: World, options: Mapping[str, Any]) -> Step:
    """Make an image as options of blockdev-create say.

    Raises:
        CreationFailed: an option is wrong, or a request failed.
        CommandFailed: the node below is none, or its users do not get on with this.
    """
    node = open_reference(world, options["file"])
    node.references += 1
    try:
        check(options)
        yield from _Creation(world, node, options).run()
    finally:
        node.references -= 1
        release(node)


class _Creation:
    """One image while it is made."""

    def __init__(self, world: World, node: Node, options: Mapping[str, Any]) -> None:
        self._world = world
        self._node = node
        self._options = options
        self._cluster: int = options.get("cluster-size", CLUSTER_BYTES)
        self._size: int = options["size"]

    def run(self) -> Step:
        yield from self._begin()
        image, backend = yield from self._open()
        try:
            yield from self._fill(image)
        finally:
            yield from self._in_main_loop(backend.close)
        # It is opened once more to be flushed.
        _, again = yield from self._open()
        yield from self._in_main_loop(again.close)

    def _begin(self) -> Step:
        """Write an image of no size."""
        backend = BlockBackend(self._world, self._node, permissions=WRITE | RESIZE)
        try:
            yield from self._write(0, self._cluster, "Could not write qcow2 header")
            yield from self._write(self._cluster, FIXED_CLUSTERS * self._cluster, "Could not write refcount table")
        finally:
            yield from self._in_main_loop(backend.close)
        place = place_below(self._node)
        if place is None:
            return
        file, base = place
        self._keep_apart(FIXED_CLUSTERS * self._cluster)
        compat = self._options.get("version", "v3")
        tables = Format(file, 0, compat, None, Allocation(self._cluster, 0), base=base)
        tables.lazy_refcounts = self._options.get("lazy-refcounts", False)
        tables.refcount_bits = self._options.get("refcount-bits", REFCOUNT_BITS)
        tables.compression_type = self._options.get("compression-type", "zlib")
        file.formats[base] = tables

    def _open(self) -> Generator[None, None, tuple[Node, BlockBackend]]:
        """Open what is there by now, as a node of its own, and a backend that holds it. Source: blk_new_open."""
        error, _ = yield from self._node.read(0, HEADER_BYTES)
        if error:
            raise CreationFailed(f"Could not read qcow2 header: {strerror(error)}", error)
        opened: list[tuple[Node, BlockBackend]] = []
        options = {"driver": "qcow2", "file": self._node.name, "backing": None}

        def open_both() -> None:
            node = open_node(self._world, options)
            opened.append((node, BlockBackend(self._world, node, permissions=READ | WRITE | RESIZE)))

        yield from self._in_main_loop(open_both)
        error, _ = yield from self._node.read(self._cluster, 2 * self._cluster)
        if error:
            yield from self._in_main_loop(opened[0][1].close)
            raise CreationFailed(f"Could not initialize refcount handling: {strerror(error)}", error)
        return opened[0]

    def _fill(self, image: Node) -> Step:
        """Give it its size and its backing file."""
        error, _ = yield from self._node.read(2 * self._cluster, FIXED_CLUSTERS * self._cluster)
        if error:
            text = "Could not allocate clusters for qcow2 header and refcount table"
            raise CreationFailed(f"{text}: {strerror(error)}", error)
        yield from self._write(0, self._cluster, "Could not update qcow2 header")
        self._keep_apart(self._cluster)
        assert isinstance(image.driver, Qcow2Driver)
        tables = image.driver.format
        yield from self._resize(tables)
        if self._options.get("preallocation", "off") != "off":
            image.driver.tell_growth()
        backing = self._options.get("backing-file")
        if backing is not None:
            self._name_backing(tables, backing, self._options.get("backing-fmt"))

    def _resize(self, tables: Format) -> Step:
        size = self._size
        if size < 0:
            raise CreationFailed("Could not resize image: Image size cannot be negative")
        if size > LENGTH_BYTES_MAX:
            raise CreationFailed(f"Could not resize image: offset({size}) exceeds maximum({LENGTH_BYTES_MAX})")
        allocation = Allocation(self._cluster, size)
        length = allocation.fresh_bytes()
        if length - FIXED_CLUSTERS * self._cluster > FIRST_TABLE_BYTES_MAX:
            raise CreationFailed(f"Could not resize image: Failed to grow the L1 table: {strerror(EFBIG)}", EFBIG)
        if size:
            place = FIXED_CLUSTERS * self._cluster
            yield from self._write(place, length, "Could not resize image: Failed to grow the L1 table")
            error = yield from self._node.flush()
            if error:
                text = "Could not resize image: Failed to grow the L1 table"
                raise CreationFailed(f"{text}: {strerror(error)}", error)
        self._keep_apart(length)
        tables.allocation = allocation
        self._preallocate(tables)
        tables.size_bytes = size

    def _preallocate(self, tables: Format) -> None:
        """Give every cluster its place. Source: preallocate_co, qcow2_co_truncate."""
        preallocation = self._options.get("preallocation", "off")
        size = self._size
        if preallocation == "off":
            return
        end = size + -size % self._cluster
        length = self._node.size_bytes
        if size:
            tables.allocate(0, end)
        self._lengthen(tables.allocation.end, length, preallocation)
        file, base = tables.file, tables.base
        at = 0
        while at < end:
            host, stop = tables.allocation.lookup(at, end)
            assert host is not None
            start, limit = base + host, base + host + stop - at
            if preallocation == "full":
                file.runs.write(start, limit, 0)
            elif preallocation == "falloc":
                file.reserved.add(start, limit)
            elif stop > size:
                # What lies behind the image's end is zeroed.
                file.reserved.add(start + size - at, limit)
            at = stop

    def _lengthen(self, end: int, length: int, preallocation: str) -> None:
        """Source: qcow2_co_truncate, raw_regular_truncate."""
        refusal = _fixed_length(self._node)
        if preallocation == "metadata":
            if refusal is not None and end > length:
                raise CreationFailed(f"Could not resize image: {refusal}")
            return
        if refusal is None and end < length:
            refusal = "Cannot use preallocation for shrinking files"
        if refusal is not None:
            raise CreationFailed(f"Could not resize image: Failed to resize underlying file: {refusal}")

    def _name_backing(self, tables: Format, name: str, image_format: str | None) -> None:
        """Source: bdrv_change_backing_file, qcow2_change_backing_file."""
        if len(name.encode()) > BACKING_NAME_BYTES_MAX:
            text = f"Could not assign backing file '{name}' with format '{image_format or '(null)'}'"
            raise CreationFailed(f"{text}: Invalid argument")
        if name:
            tables.backing = (name, image_format)

    def _write(self, start: int, end: int, refusal: str) -> Step:
        error = yield from self._node.write([(start, end, 0)])
        if error:
            raise CreationFailed(f"{refusal}: {strerror(error)}", error)

    def _keep_apart(self, end: int) -> None:
        """Take what was written for the tables out of the file's bytes; `Format` counts it."""
        place = place_below(self._node)
        if place is not None:
            file, base = place
            file.runs.write(base, base + end, None)
            file.reserved.remove(base, base + end)

    def _in_main_loop(self, work: Callable[[], None]) -> Step:
        """Let the main loop do what a coroutine may not: opening and closing. Source: block/block-gen.h, co_wrapper."""
        loop = self._world.loop
        coroutine = loop.current
        assert coroutine is not None
        failures: list[CommandFailed | NotSimulated | BackendLost] = []

        def run() -> None:
            try:
                work()
            except (CommandFailed, NotSimulated, BackendLost) as failure:
                failures.append(failure)
            loop.wake(coroutine)

        loop.schedule(run)
        yield
        if failures:
            raise failures[0]


def _fixed_length(node: Node) -> str | None:
    """Why a node cannot become longer; None when it can. Source: block/raw-format.c, raw_co_truncate."""
    while node.children:
        if node.driver.name == "raw" and "size" in node.options:
            return "Cannot resize fixed-size raw disks"
        node = node.file
    return None
