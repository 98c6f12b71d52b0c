"""Where a qcow2 image keeps its clusters: guest offset to file offset, as extents, allocated in the order of writing.

Knows nothing of bytes. Models the places that data gets in a fresh image: header, refcounts and the L1 table first,
then an L2 table ahead of the first data it maps, then data, one cluster after the other. Room that stored bitmaps had
goes to whoever comes next; other freed clusters are not reused. Source: QEMU block/qcow2-cluster.c, block/qcow2.c
(qcow2_co_create).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from txsh.model.extent import Extents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FIXED_CLUSTERS = 3
ENTRY_BYTES = 8
PAGE_BYTES = 4096
L1_BYTES_MAX = 32 << 20
CACHE_BYTES_MAX = 32 << 20
PIECE_BYTES = 4096
"""The cache of L2 tables: one that is too small for all of them keeps pieces of them."""
ZERO = -1
"""In place of a file offset: reads as zeroes and has no room in the file.

What reads as zeroes and keeps its room is told by numbers below, `_keeping`.
"""


class Allocation:
    """The map of one image.

    Attributes:
        bitmap_bytes: the clusters that stored bitmaps have.
        end: where the file ends, the next free cluster.
    """

    __slots__ = (
        "_ends",
        "_first_bytes",
        "_free",
        "_hosts",
        "_starts",
        "_tables",
        "bitmap_bytes",
        "cluster_bytes",
        "end",
    )

    def __init__(self, cluster_bytes: int, size_bytes: int) -> None:
        self.cluster_bytes = cluster_bytes
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._hosts: list[int] = []
        self._tables = Extents()
        self._free = Extents()
        self.bitmap_bytes = 0
        self._first_bytes = -(-size_bytes // self._span()) * ENTRY_BYTES
        self.end = (FIXED_CLUSTERS + max(1, -(-self._first_bytes // cluster_bytes))) * cluster_bytes

    def fresh_bytes(self) -> int:
        """The length of the file before anything is written: the L1 table comes last."""
        return FIXED_CLUSTERS * self.cluster_bytes + self._first_bytes

    def table_bytes(self) -> int:
        """What header, refcounts, L1 and L2 tables and stored bitmaps take on the disk."""
        size_bytes = (FIXED_CLUSTERS + self._tables.total) * self.cluster_bytes + self.bitmap_bytes + self._first_bytes
        return size_bytes + -size_bytes % PAGE_BYTES

    def counted_clusters(self, length_bytes: int) -> int:
        """How many clusters in that much of the file are in use; what was given up counts as lying there."""
        used = self._tables.total + FIXED_CLUSTERS + self.bitmap_bytes // self.cluster_bytes
        used += max(1, -(-self._first_bytes // self.cluster_bytes))
        for start, end, host in zip(self._starts, self._ends, self._hosts, strict=True):
            if host != ZERO:
                used += (end - start) // self.cluster_bytes
        behind = max(self.end - length_bytes, 0) // self.cluster_bytes
        return used - behind

    def lookup(self, offset: int, limit: int) -> tuple[int | None, int]:
        """The file offset of a guest offset and where that run ends.

        Negative (`ZERO` or less) where it reads as zeroes, None where it is unallocated.
        """
        index = bisect_right(self._starts, offset) - 1
        if index >= 0 and offset < self._ends[index]:
            return _moved(self._hosts[index], offset - self._starts[index]), min(self._ends[index], limit)
        following = self._starts[index + 1] if index + 1 < len(self._starts) else limit
        return None, min(following, limit)

    def take_for_bitmap(self, size_bytes: int) -> tuple[int, int]:
        """Whole clusters in a row for something of a stored bitmap: where they begin and end."""
        size_bytes += -size_bytes % self.cluster_bytes
        self.bitmap_bytes += size_bytes
        start = self._take(size_bytes)
        return start, start + size_bytes

    def give_back(self, places: Iterable[tuple[int, int]]) -> None:
        """Nothing of a stored bitmap is there any more."""
        for start, end in places:
            self.bitmap_bytes -= end - start
            self._free.add(start, end)

    def _take(self, size_bytes: int) -> int:
        """Clusters in a row, the first free ones. Source: QEMU block/qcow2-refcount.c, alloc_clusters_noref."""
        for start, end in self._free:
            if end - start >= size_bytes or end == self.end:
                self._free.remove(start, start + size_bytes)
                self.end = max(self.end, start + size_bytes)
                return start
        start = self.end
        self.end += size_bytes
        return start

    def has_tables(self, start: int, end: int) -> bool:
        """Whether the L2 tables of a range, which is not empty, are all there."""
        return self._tables.covers(start // self._span(), -(-end // self._span()))

    def allocate(self, start: int, end: int) -> None:
        """Give clusters to ``[start, end)``, aligned and without data so far: those it has kept, or new ones."""
        while start < end:
            table = start // self._span()
            self._map(table, table + 1)
            kept, stop = self.lookup(start, min(end, (table + 1) * self._span()))
            if kept is not None and kept < ZERO:
                self._put(start, stop, _keeping(kept))
            else:
                self._put(start, stop, self._take(stop - start))
            start = stop

    def put_zero(self, start: int, end: int, *, unmap: bool) -> None:
        """Make ``[start, end)``, aligned, read as zeroes; `unmap` gives up the room of what has data there."""
        self.make_tables(start, end)
        while start < end:
            host, stop = self.lookup(start, end)
            if host is None or unmap:
                self._put(start, stop, ZERO)
            elif host >= 0:
                self._put(start, stop, _keeping(host))
            start = stop

    def free(self, start: int, end: int) -> None:
        """Make ``[start, end)``, aligned, unallocated."""
        self._put(start, end, None)

    def piece_bytes(self, size_bytes: int) -> int:
        """How much the piece of an L2 table maps that is kept in memory at a time.

        Source: QEMU block/qcow2.c, read_cache_sizes.
        """
        whole = size_bytes <= CACHE_BYTES_MAX // ENTRY_BYTES * self.cluster_bytes
        kept = self.cluster_bytes if whole else min(self.cluster_bytes, PIECE_BYTES)
        return kept // ENTRY_BYTES * self.cluster_bytes

    def size_max(self) -> int:
        """The largest virtual size that an L1 table can map."""
        return L1_BYTES_MAX // ENTRY_BYTES * self._span()

    def resize(self, before: int, size_bytes: int) -> list[tuple[int, int]]:
        """Map another virtual size; the places in the file that are given up.

        What is free at the end of the file is the end of the file no more; a longer L1 table goes there.
        """
        given_up: list[tuple[int, int]] = []
        start = size_bytes + -size_bytes % self.cluster_bytes
        while start < before:
            host, stop = self.lookup(start, before + -before % self.cluster_bytes)
            if host is not None and host != ZERO:
                place = host if host >= 0 else _keeping(host)
                given_up.append((place, place + stop - start))
            start = stop
        self.free(size_bytes + -size_bytes % self.cluster_bytes, max(before, size_bytes) + self.cluster_bytes)
        for place, end in sorted(given_up, reverse=True):
            if end == self.end:
                self.end = place
                self._free.remove(place, end)
        first_bytes = -(-size_bytes // self._span()) * ENTRY_BYTES
        if first_bytes > self._first_bytes:
            self.end += first_bytes + -first_bytes % self.cluster_bytes
            self._first_bytes = first_bytes
        return given_up

    def make_tables(self, start: int, end: int) -> None:
        """See that the L2 tables of a range, which is not empty, are all there."""
        self._map(start // self._span(), -(-end // self._span()))

    def _map(self, first: int, last: int) -> None:
        """See that the L2 tables of an index range exist; new ones take a cluster each."""
        new = last - first - self._tables.clipped(first, last).total
        self._tables.add(first, last)
        while new and self._free:
            self._take(self.cluster_bytes)
            new -= 1
        self.end += new * self.cluster_bytes

    def _span(self) -> int:
        return self.cluster_bytes * (self.cluster_bytes // 8)

    def _put(self, start: int, end: int, host: int | None) -> None:
        starts, ends, hosts = self._starts, self._ends, self._hosts
        # Neighbours that only touch the range are taken along: they may become one run with it.
        low = bisect_left(ends, start)
        high = low
        pieces: list[tuple[int, int, int]] = []
        while high < len(starts) and starts[high] <= end:
            if starts[high] < start:
                pieces.append((starts[high], min(ends[high], start), hosts[high]))
            if ends[high] > end:
                after = max(starts[high], end)
                pieces.append((after, ends[high], _moved(hosts[high], after - starts[high])))
            high += 1
        if host is not None:
            pieces.append((start, end, host))
        pieces = _joined(sorted(pieces))
        starts[low:high] = [piece[0] for piece in pieces]
        ends[low:high] = [piece[1] for piece in pieces]
        hosts[low:high] = [piece[2] for piece in pieces]


def _joined(pieces: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    runs: list[tuple[int, int, int]] = []
    for piece in pieces:
        if runs and runs[-1][1] == piece[0] and _follows(runs[-1][0], runs[-1][2], piece):
            runs[-1] = (runs[-1][0], piece[1], runs[-1][2])
        else:
            runs.append(piece)
    return runs


def _follows(start: int, host: int, piece: tuple[int, int, int]) -> bool:
    return (host >= 0) is (piece[2] >= 0) and _moved(host, piece[0] - start) == piece[2]


def _moved(host: int, distance: int) -> int:
    """What stands for a place that lies `distance` bytes after that of `host`."""
    if host == ZERO:
        return ZERO
    return host + distance if host >= 0 else host - distance


def _keeping(host: int) -> int:
    """The number for zeroes that keep the room at `host`, and the other way round."""
    return ZERO - 1 - host
