"""qcow2: clusters allocated when written, a backing file below what is not, stored bitmaps.

Data requests go to the file child at the offset where the data lies, and tell it ``read_aio``, ``write_aio`` and
``cow_write`` as QEMU does. Not modelled: requests for the tables (header, L1, L2, refcounts), so that a fault on their
sectors or events never matches; reuse of freed clusters; how small compressed clusters are; encryption; internal
snapshots.
Source: QEMU block/qcow2.c, block/qcow2-cluster.c.
"""

from __future__ import annotations

from errno import EIO

from txsh.backends.base import CommandFailed
from txsh.backends.sim.allocation import ZERO as NO_ROOM
from txsh.backends.sim.driver.base import ALLOCATED, DATA, ZERO, Driver
from txsh.backends.sim.driver.qcow2_room import make_room, unallocated
from txsh.backends.sim.permission import for_backing, for_storage
from txsh.backends.sim.status import status_above, status_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.disk import Format
    from txsh.backends.sim.node import Child, Node
    from txsh.backends.sim.open import Opening


TABLE_US = 100
SECTOR_BYTES = 512


class Qcow2Driver(Driver):
    """A qcow2 image in its file child."""

    name = "qcow2"
    can_compress = True
    can_copy_range = True
    keeps_timer = True
    children = ("file", "backing")
    format: Format
    _counts_known = False
    _has_idle_room: bool | None = None
    """Whether much of what the refcounts count takes no room on the disk, as preallocation does; None: not looked."""

    def open(self, opening: Opening) -> None:
        """Read the tables in the child, and load the stored bitmaps.

        Raises:
            CommandFailed: there are none.
        """
        from txsh.backends.sim.open import place_below  # noqa: PLC0415  # it imports the drivers

        place = place_below(opening.open_child("file"))
        format = None if place is None else place[0].formats.get(place[1])  # noqa: A001  # QEMU's word
        if format is None:
            with self.node.world.graph_lock.write():
                pass  # A data file is let go of, though there is none. Source: qcow2_do_open, has_data_file.
            raise CommandFailed("GenericError", "Image is not in qcow2 format")
        self.format = format
        # Bitmaps are loaded with the size that the header has.
        self.node.total_bytes = self.size_bytes()
        if format.bitmaps:
            from txsh.backends.sim.persistence import load  # noqa: PLC0415  # only some images store any

            load(self.node, format)

    def refine_limits(self, limits: dict[str, int]) -> None:
        """It zeroes and discards whole clusters."""
        limits["write-zeroes-alignment"] = limits["discard-alignment"] = self.format.cluster_bytes

    def size_bytes(self) -> int:
        """The virtual size."""
        return self.format.size_bytes

    def zeroes_quickly(self) -> bool:
        """Where there are zero clusters."""
        return self.format.compat != "v2"

    def cluster_bytes(self) -> int | None:
        """The cluster size."""
        return self.format.cluster_bytes

    def has_info(self) -> bool:
        """It knows its clusters."""
        return True

    def child_permissions(self, child: Child, needed: int, shared: int) -> tuple[int, int]:
        """Its file is its own; its backing file must only not change."""
        if child.name == "backing":
            return for_backing(needed, shared)
        return for_storage(self.node, needed, shared, metadata=True)

    def image_format(self) -> Format | None:
        """The tables."""
        return self.format

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Read each piece from where it is: the file, the backing file, or nowhere."""
        found: list[Run] = []
        file, backing = node.file, node.backing
        while start < end:
            host, stop = self.format.allocation.lookup(start, self.status_limit(node, start, end))
            if host is not None and host >= 0:
                yield from file.driver.debug_event(file, "read_aio")
                error, runs = yield from file.read(host, host + stop - start)
                if error:
                    return error, []
                found += [(at - host + start, to - host + start, value or 0) for at, to, value in runs]
            elif host is None and backing is not None and start < backing.size_bytes:
                stop = min(stop, backing.size_bytes)
                yield from file.driver.debug_event(file, "read_backing_aio")
                error, runs = yield from backing.read(start, stop)
                if error:
                    return error, []
                found += runs
            else:
                found.append((start, stop, None))
            start = stop
        return 0, found

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Allocate what is missing, fill the rest of its clusters from below, write."""
        start, end = runs[0][0], runs[-1][1]
        for low, high in unallocated(self, start, end):
            error: int = yield from make_room(self, low, high, start, end)
            if error:
                return error
        at = start
        while at < end:
            host, stop = self.format.allocation.lookup(at, end)
            assert host is not None
            assert host >= 0
            piece = [
                (max(low, at) - at + host, min(high, stop) - at + host, value or 0)
                for low, high, value in runs
                if low < stop and high > at
            ]
            yield from node.file.driver.debug_event(node.file, "write_aio")
            error = yield from node.file.write(piece)
            if error:
                return error
            at = stop
        return 0

    def write_compressed(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Write clusters compressed, which must have no room yet. The places that they get are those of plain ones.

        Source: block/qcow2-cluster.c, qcow2_alloc_compressed_cluster_offset.
        """
        at, end = runs[0][0], runs[-1][1]
        while at < end:
            host, at = self.format.allocation.lookup(at, end)
            if host not in (None, NO_ROOM):
                return EIO
        return (yield from self.write(node, runs))

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Mark clusters as zeroes, cut at their boundaries first; what shares a cluster with data is written.

        Source: QEMU block/io.c, bdrv_co_do_pwrite_zeroes; block/qcow2.c, qcow2_co_pwrite_zeroes;
        block/qcow2-cluster.c, qcow2_subcluster_zeroize.
        """
        cluster = self.format.cluster_bytes
        first, last = min(start + -start % cluster, end), end
        if end != self.size_bytes():
            last = max(end - end % cluster, first)
        for low, high in ((start, first), (first, last), (last, end)):
            if low < high:
                error: int = yield from self._zero_piece(node, low, high, unmap=unmap)
                if error:
                    return error
        return 0

    def _zero_piece(self, node: Node, start: int, end: int, *, unmap: bool) -> Generator[None, None, int]:
        cluster = self.format.cluster_bytes
        low, high = start - start % cluster, end + -end % cluster
        whole = low == start and (high == end or end == self.size_bytes())
        is_old = self.format.compat == "v2"
        if (is_old and node.backing is not None) or not (whole or self._is_zero_around(node, low, high, start, end)):
            return (yield from self.write(node, [(start, end, 0)]))
        if not self.format.allocation.has_tables(low, high):
            # Making a table takes requests; one that is there is in memory, and changing it takes no time.
            yield from node.world.loop.sleep_us(TABLE_US)
        if is_old:
            # It has no zero clusters; without a backing file one that is not allocated reads as zeroes.
            self.format.free(low, high)
        else:
            self.format.put_zero(low, high, unmap=unmap)
        self.tell_growth()
        return 0

    def _is_zero_around(self, node: Node, low: int, high: int, start: int, end: int) -> bool:
        """Whether the one cluster ``[low, high)`` has no data and reads as zeroes outside ``[start, end)``."""
        host, _ = self.format.allocation.lookup(low, high)
        if host is not None and host >= 0:
            return False
        edges = ((low, start), (end, min(high, self.size_bytes())))
        return all(self._reads_as_zeroes(node, at, limit) for at, limit in edges)

    def _reads_as_zeroes(self, node: Node, start: int, end: int) -> bool:
        """Whether it does, asked as often as it takes. Source: block/qcow2.c, is_zero."""
        while start < end:
            flags, start = status_above(node, start, end)
            if not flags & ZERO:
                return False
        return True

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Whole clusters become zeroes, or unallocated in a v2 image; the rest stays as it is.

        Source: QEMU block/qcow2.c, qcow2_co_pdiscard; block/qcow2-cluster.c, discard_in_l2_slice, get_cluster_table.
        """
        cluster = self.format.cluster_bytes
        yield from node.world.loop.sleep_us(TABLE_US)
        low, high = start + -start % cluster, end - end % cluster
        if end == self.size_bytes():
            high = end + -end % cluster
        if low >= high or (self.format.compat == "v2" and node.backing is not None):
            return 0
        if self.format.compat == "v2":
            self.format.free(low, high)
            self.tell_growth()
            return 0
        # Even for what was never allocated the tables are made.
        self.format.make_tables(low, high)
        self.tell_growth()
        while low < high:
            host, stop = self.format.allocation.lookup(low, high)
            # What was never allocated reads as zeroes already, unless a backing file shows through.
            if host is not None or node.backing is not None:
                self.format.put_zero(low, stop, unmap=True)
            low = stop
        return 0

    def truncate(self, node: Node, size_bytes: int) -> Generator[None, None, str | None]:
        """Change the virtual size; clusters behind the end are given up.

        Source: QEMU block/qcow2.c, qcow2_co_truncate; block/qcow2-bitmap.c, qcow2_truncate_bitmaps_check.
        """
        if size_bytes % SECTOR_BYTES:
            return f"The new size must be a multiple of {SECTOR_BYTES}"
        for stored in self.format.bitmaps:
            bitmap = node.find_bitmap(stored.name)
            if bitmap is None:
                return "Cannot resize qcow2 with persistent bitmaps that were not loaded into memory"
            try:
                bitmap.check()
            except CommandFailed as refused:
                return refused.description
        if size_bytes > self.format.allocation.size_max():
            return "Failed to grow the L1 table: File too large"
        yield from node.world.loop.sleep_us(TABLE_US)
        self.format.resize(size_bytes)
        return None

    def first_look_us(self) -> int:
        """Reading the refcounts, if nobody has. Source: qcow2_co_block_status, metadata_preallocation_checked."""
        cost_us = 0 if self._counts_known else TABLE_US
        self.look(self.node.file.size_bytes)
        return cost_us

    def status(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """Of this layer alone; unallocated without a backing file reads as zeroes, and so does idle room of data.

        Source: QEMU block/io.c, bdrv_co_block_status, BDRV_BLOCK_RECURSE.
        """
        self.look(node.file.size_bytes)
        flags, stop = self.allocated(node, start, end)
        if flags & DATA and self._has_idle_room:
            host = self.host_offset(node, start)
            assert host is not None
            below, limit = status_one(node.file, host, host + stop - start)
            return flags | below & ZERO, start + limit - host
        return flags, stop

    def count(self) -> None:
        """The refcounts are read."""
        self._counts_known = True

    def look(self, length_bytes: int) -> None:
        """Compare refcounts and disk, once. Source: block/qcow2-refcount.c, qcow2_detect_metadata_preallocation."""
        self.count()
        if self._has_idle_room is None:
            occupied = (self.node.file.driver.actual_bytes() or 0) // self.format.cluster_bytes
            counted = self.format.allocation.counted_clusters(length_bytes)
            self._has_idle_room = counted >= max(occupied * 10 // 9, occupied + 2)

    def status_limit(self, node: Node, start: int, end: int) -> int:
        """The end of the piece of an L2 table that is in memory.

        Source: QEMU block/qcow2-cluster.c, qcow2_get_host_offset.
        """
        piece = self.format.allocation.piece_bytes(self.format.size_bytes)
        return min(end, start - start % piece + piece)

    def allocated(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """What the tables say."""
        host, stop = self.format.allocation.lookup(start, end)
        if host is None:
            return (0 if node.backing is not None else ZERO), stop
        return (ZERO if host < 0 else DATA) | ALLOCATED, stop

    def stored(self, node: Node, start: int, end: int) -> list[Run]:
        """What is there, through the backing files."""
        found: list[Run] = []
        file, backing = node.file, node.backing
        while start < end:
            host, stop = self.format.allocation.lookup(start, end)
            if host is not None and host >= 0:
                runs = file.driver.stored(file, host, host + stop - start)
                found += [(at - host + start, to - host + start, value or 0) for at, to, value in runs]
            elif host is None and backing is not None and start < backing.size_bytes:
                stop = min(stop, backing.size_bytes)
                found += backing.driver.stored(backing, start, stop)
            else:
                found.append((start, stop, None))
            start = stop
        return found

    def host_offset(self, node: Node, offset: int) -> int | None:
        """Where in the file child the byte is, None where it is not allocated or is a zero cluster."""
        host, _ = self.format.allocation.lookup(offset, offset + 1)
        return None if host is None or host < 0 else host

    def zero_us(self, start: int, end: int) -> int | None:
        """A table has to be made first, or is in memory already."""
        return 0 if self.format.allocation.has_tables(start, end) else TABLE_US

    def tell_growth(self) -> None:
        """Let the nodes below know how far the file reaches by now: it was written through them."""
        self.node.grow_below(self.format.end)

    def close(self) -> None:
        """Store the persistent bitmaps."""
        from txsh.backends.sim.persistence import store  # noqa: PLC0415  # only some nodes have any

        store(self.node, self.format)
