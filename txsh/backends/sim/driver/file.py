"""file: the bytes of one file of the scratch folder; every request costs virtual time."""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.driver.base import ALLOCATED, DATA, ZERO, Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.disk import File
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.open import Opening

REQUEST_US = 100
PAGE_BYTES = 4096
SIZE_MAX = 1 << 60
"""Beyond any file system."""
SECTOR_BYTES = 512


class FileDriver(Driver):
    """A request costs 100 us, and 1 us per 4 KiB of data moved.

    Attributes:
        image: the file.
        known_data: the run last found to be data; QEMU believes in it until something in it is zeroed or discarded,
            so that data written right behind it is told apart. Source: QEMU block/io.c, bdrv_co_block_status.
    """

    name = "file"
    can_copy_range = True
    children = ()
    options = frozenset({"filename", "locking", "aio"})
    is_protocol = True
    opens_files = True
    image: File

    def __init__(self) -> None:
        super().__init__()
        self.known_data = (0, 0)

    def open(self, opening: Opening) -> None:
        """Find the file. Source: QEMU block/file-posix.c, raw_open_common.

        Raises:
            CommandFailed: there is none.
        """
        if opening.options.get("aio") == "native" and not opening.node.direct:
            raise CommandFailed(
                "GenericError", "aio=native was specified, but it requires cache.direct=on, which was not specified."
            )
        filename: str = opening.options["filename"]
        file = opening.world.disk.files.get(filename)
        if file is None:
            raise CommandFailed("GenericError", f"Could not open '{filename}': No such file or directory")
        self.image = file

    def take_filename(self, opening: Opening) -> None:
        """The options have one already.

        Raises:
            CommandFailed: there are two.
        """
        if opening.place.filename is not None:
            raise CommandFailed("GenericError", "Can't specify 'file' and 'filename' options at the same time")

    def refine_limits(self, limits: dict[str, int]) -> None:
        """Bytes, or sectors past the page cache."""
        alignment = SECTOR_BYTES if self.node.direct else 1
        limits["request-alignment"] = limits["min-mem-alignment"] = alignment

    def size_bytes(self) -> int:
        """The length of the file, whole sectors."""
        size_bytes = self.image.size_bytes
        return size_bytes + -size_bytes % 512

    def cluster_bytes(self) -> int | None:
        """A file has none."""
        return None

    def has_info(self) -> bool:
        """It has none to tell."""
        return True

    def shares_file(self, other: Driver) -> bool:
        """Whether the other one has the same file open."""
        return isinstance(other, FileDriver) and other.image is self.image

    def has_open(self, file: File) -> bool:
        """Whether it is that one."""
        return file is self.image

    def actual_bytes(self) -> int | None:
        """Whole pages of what is stored."""
        return self.image.actual_bytes()

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Read; beyond the end of the file there are zeroes."""
        runs = list(self.image.runs.runs(start, end))
        yield from node.world.loop.sleep_us(cost_us(runs))
        if self.image.reserved:
            self.image.load(start, end)
        return 0, list(self.image.runs.runs(start, end))

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Write, and let the file grow."""
        yield from node.world.loop.sleep_us(cost_us(runs))
        for start, end, value in runs:
            self.image.runs.write(start, end, value or 0)
        self.image.size_bytes = max(self.image.size_bytes, runs[-1][1])
        return 0

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Write zeroes: they read as a hole, and keep their room on the disk unless `unmap`."""
        self._doubt(start, end)
        yield from node.world.loop.sleep_us(REQUEST_US)
        self.image.runs.write(start, end, None)
        self.image.unload(start, end)
        if unmap:
            self.image.reserved.remove(start, end)
        else:
            self.image.reserved.add(start, end)
        self.image.size_bytes = max(self.image.size_bytes, end)
        return 0

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Punch a hole."""
        self._doubt(start, end)
        yield from node.world.loop.sleep_us(REQUEST_US)
        self.image.runs.write(start, end, None)
        self.image.unload(start, end)
        self.image.reserved.remove(start, end)
        return 0

    def truncate(self, node: Node, size_bytes: int) -> Generator[None, None, str | None]:
        """Cut the file or let it grow by a hole."""
        if size_bytes > SIZE_MAX:
            return "Could not resize file: File too large"
        yield from node.world.loop.sleep_us(REQUEST_US)
        before = self.image.size_bytes
        self._doubt(size_bytes, max(before, size_bytes + 1))
        self.image.runs.write(size_bytes, before, None)
        self.image.reserved.remove(size_bytes, max(before, size_bytes))
        self.image.size_bytes = size_bytes
        return None

    def _doubt(self, start: int, end: int) -> None:
        if start < self.known_data[1] and end > self.known_data[0]:
            self.known_data = (0, 0)

    def flush(self, node: Node) -> Generator[None, None, int]:
        """Cost the time of a request."""
        yield from node.world.loop.sleep_us(REQUEST_US)
        return 0

    def status(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """Data or hole."""
        if self.known_data[0] <= start < self.known_data[1]:
            return DATA | ALLOCATED, min(self.known_data[1], end)
        stored, stop = self.image.status(start, max(end, self.image.size_bytes))
        if stored:
            self.known_data = (start, stop)
        return (DATA | ALLOCATED if stored else ZERO | ALLOCATED), min(stop, end)

    def allocated(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """All of a file; nobody looks for holes."""
        return DATA | ALLOCATED, end

    def stored(self, node: Node, start: int, end: int) -> list[Run]:
        """The runs of the file."""
        return list(self.image.runs.runs(start, end))

    def host_offset(self, node: Node, offset: int) -> int | None:
        """A file has no child."""
        return None

    def zeroes_quickly(self) -> bool:
        """The file system does it."""
        return True

    def zero_us(self, start: int, end: int) -> int | None:
        """One request."""
        return REQUEST_US


def cost_us(runs: Sequence[Run]) -> int:
    """The virtual time of one request that moves these runs."""
    return REQUEST_US + sum(end - start for start, end, value in runs if value is not None) // PAGE_BYTES
