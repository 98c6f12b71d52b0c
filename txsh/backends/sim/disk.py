"""The image files: what survives a process. A file has bytes; a qcow2 file has also its tables, kept apart from them.

Knows nothing of nodes. Source: docs/interop/qcow2.txt of QEMU for the layout of fresh images.
"""

from __future__ import annotations

from txsh.backends.sim.content import Runs
from txsh.model.extent import Extents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NamedTuple

    from txsh.backends.sim.allocation import Allocation
else:
    from txsh.named import NamedTuple


class StoredBitmap(NamedTuple):
    """A bitmap in a qcow2 file.

    Args:
        name: its name.
        granularity: bytes a bit.
        bits: dirty ranges.
        auto: it records when loaded.
        in_use: it was not stored cleanly: inconsistent when loaded.
        places: where its bits and their table are, from the beginning of the image.
    """

    name: str
    granularity: int
    bits: Extents
    auto: bool
    in_use: bool
    places: tuple[tuple[int, int], ...] = ()

    def describe(self) -> dict[str, Any]:
        """The members of Qcow2BitmapInfo."""
        flags = ["in-use"] * self.in_use + ["auto"] * self.auto
        return {"flags": flags, "name": self.name, "granularity": self.granularity}


class Format:
    """The tables of a qcow2 file.

    Attributes:
        base: where in the file it begins.
        bitmaps: stored ones, in the order of the file.
        backing: file name and format (or None) of the backing file, or None.
        bitmap_directory: where the list of the stored bitmaps is.
        end: how far something was written since it was made.
        compression_type: ``zlib`` or ``zstd``.
        lazy_refcounts: its refcounts may be out of date.
        refcount_bits: how wide they are.
    """

    __slots__ = (
        "allocation",
        "backing",
        "base",
        "bitmap_directory",
        "bitmaps",
        "cluster_bytes",
        "compat",
        "compression_type",
        "end",
        "file",
        "lazy_refcounts",
        "refcount_bits",
        "size_bytes",
    )

    def __init__(
        self,
        file: File,
        size_bytes: int,
        compat: str,
        backing: tuple[str, str | None] | None,
        allocation: Allocation,
        *,
        base: int = 0,
    ) -> None:
        self.file = file
        self.base = base
        self.size_bytes = size_bytes
        self.cluster_bytes = allocation.cluster_bytes
        self.compat = compat
        self.backing = backing
        self.allocation = allocation
        self.bitmaps: list[StoredBitmap] = []
        self.bitmap_directory: tuple[tuple[int, int], ...] = ()
        self.end = 0
        self.compression_type = "zlib"
        self.lazy_refcounts = False
        self.refcount_bits = 16

    def allocate(self, start: int, end: int) -> None:
        """Give clusters to an aligned range without data; the file grows."""
        before = self.allocation.end
        self.allocation.allocate(start, end)
        self._follow(before)

    def put_zero(self, start: int, end: int, *, unmap: bool) -> None:
        """Mark an aligned range as zeroes; `unmap` gives up its room in the file."""
        before = self.allocation.end
        self.allocation.put_zero(start, end, unmap=unmap)
        self._follow(before)

    def free(self, start: int, end: int) -> None:
        """Make an aligned range unallocated; for that its tables are made."""
        before = self.allocation.end
        self.allocation.make_tables(start, end)
        self.allocation.free(start, end)
        self._follow(before)

    def make_tables(self, start: int, end: int) -> None:
        """See that the tables of a range are there, whatever becomes of it."""
        before = self.allocation.end
        self.allocation.make_tables(start, end)
        self._follow(before)

    def _follow(self, before: int) -> None:
        """The file grows with what was allocated at its end."""
        if self.allocation.end > before:
            self._grow(self.allocation.end)

    def write_for_bitmap(self, size_bytes: int) -> tuple[int, int]:
        """Write something of a stored bitmap into clusters of its own: where they begin and end."""
        place = self.allocation.take_for_bitmap(size_bytes)
        self._grow(place[0] + size_bytes)
        return place

    def _grow(self, end: int) -> None:
        self.end = max(self.end, end)
        self.file.size_bytes = max(self.file.size_bytes, self.base + end)

    def resize(self, size_bytes: int) -> None:
        """Have another virtual size. Where the room given up was the last of the file, the file is cut."""
        for start, end in self.allocation.resize(self.size_bytes, size_bytes):
            self.file.runs.write(self.base + start, self.base + end, None)
            self.file.reserved.remove(self.base + start, self.base + end)
        if size_bytes < self.size_bytes:
            self.end = min(self.end, self.allocation.end)
            self.file.size_bytes = min(self.file.size_bytes, self.base + self.allocation.end)
        self.size_bytes = size_bytes


PAGE_BYTES = 4096
AHEAD_BYTES = 1 << 17


class File:
    """One file: bytes, size, and for qcow2 its tables, which take room on the disk but are kept apart.

    Attributes:
        formats: tables by where in the file their image begins.
        reserved: ranges written as zeroes, which take room although they read as a hole.
        cached: ranges that were read and are in memory; where they are reserved, they are no hole any more.
    """

    __slots__ = ("cached", "formats", "name", "reserved", "runs", "size_bytes")

    def __init__(self, name: str, size_bytes: int) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.runs = Runs()
        self.reserved = Extents()
        self.cached = Extents()
        self.formats: dict[int, Format] = {}

    @property
    def format(self) -> Format | None:
        """The tables of the image that is the whole file."""
        return self.formats.get(0)

    def status(self, offset: int, end: int) -> tuple[bool, int]:
        """Whether the page with the byte at an offset is on the disk, and where that stops being so (at most `end`)."""
        page = offset - offset % PAGE_BYTES
        stored, stop = self._status(page, end)
        if not stored and stop - page >= PAGE_BYTES:
            return False, (stop if stop == end else stop - stop % PAGE_BYTES)
        while stop < end:
            stop += -stop % PAGE_BYTES
            more, after = self._status(stop, max(end, stop))
            if not more and after - stop >= PAGE_BYTES:
                break
            stop = after
        return True, min(stop, end)

    def _status(self, offset: int, end: int) -> tuple[bool, int]:
        stored, stop = self.runs.status(offset, end)
        if stored or not self.cached:
            return stored, stop
        loaded = self._loaded(offset, stop).next_range(offset)
        if loaded is None:
            return False, stop
        return (True, loaded[1]) if loaded[0] == offset else (False, loaded[0])

    def _loaded(self, start: int, end: int) -> Extents:
        """What is both reserved and cached."""
        both = Extents()
        for low, high in self.reserved.clipped(start, end):
            both.update(self.cached.clipped(low, high))
        return both

    def load(self, start: int, end: int) -> None:
        """Somebody reads: pages that are only reserved come into memory, where a read goes on with them far ahead.

        Source: seen on ext4, which tells what is in memory as data; Linux mm/readahead.c.
        """
        for low, high in self.reserved.clipped(start, end):
            stored, stop = self.status(low, high)
            if not stored:
                self.cached.add(low, high)
            elif stop < high:
                self.cached.add(stop, max(high, stop + AHEAD_BYTES))

    def unload(self, start: int, end: int) -> None:
        """What is punched or zeroed is in memory no more."""
        self.cached.remove(start, end)

    def actual_bytes(self) -> int:
        """What it takes on a disk with pages of 4 KiB. Source: seen on ext4."""
        room = self.reserved.copy()
        room.update(Extents(self.runs.stored()))
        tables = sum(each.allocation.table_bytes() for each in self.formats.values())
        return room.aligned(PAGE_BYTES).total + tables


class Disk:
    """All files, by the name that QMP uses for them.

    Attributes:
        is_folder: whether there is a folder of that name beside those of the files. A simulator that is served has the
            folders of its machine, so that clients can name files as they are used to.
    """

    __slots__ = ("files", "is_folder")

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.is_folder: Callable[[str], bool] = lambda _folder: False

    def has_folder_of(self, name: str) -> bool:
        """Whether a file of that name could be made: it lies in the scratch folder, or in a folder that is there."""
        folder = name.rpartition("/")[0]
        if not folder or any(each.rpartition("/")[0] == folder for each in self.files):
            return True
        return self.is_folder(folder)
