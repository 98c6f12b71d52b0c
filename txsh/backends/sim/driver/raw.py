"""raw: the bytes of its child, or a window of them by offset and size."""

from __future__ import annotations

from txsh.backends.sim.driver.base import Driver
from txsh.backends.sim.node import RESIZE, WRITE
from txsh.backends.sim.permission import for_storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.node import Child, Node


class RawDriver(Driver):
    """A window into the child; without offset and size the whole of it."""

    name = "raw"
    mutable_options = frozenset({"offset", "size"})

    def __init__(self, offset: int = 0, size: int | None = None) -> None:
        super().__init__()
        self._offset = offset
        self._size = size

    def size_bytes(self) -> int:
        """The window's size, or what the child has after the offset, whole sectors of it."""
        if self._size is not None:
            return self._size
        below = self.node.file.size_bytes - self._offset
        return below + -below % 512

    def cluster_bytes(self) -> int | None:
        """That of the child."""
        return self.node.file.driver.cluster_bytes()

    def child_permissions(self, child: Child, needed: int, shared: int) -> tuple[int, int]:
        """A filter's, or with a window those of data; writing and resizing only when its own parents do."""
        if not self._offset and self._size is None:
            return needed, shared
        below, below_shared = for_storage(self.node, needed, shared, metadata=False)
        return below & ~(WRITE | RESIZE) | needed & (WRITE | RESIZE), below_shared

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Read the window."""
        file = node.file
        yield from file.driver.debug_event(file, "read_aio")
        error, runs = yield from file.read(start + self._offset, end + self._offset)
        return error, _moved(runs, -self._offset)

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Write into the window."""
        file = node.file
        yield from file.driver.debug_event(file, "write_aio")
        return (yield from file.write(_moved(runs, self._offset)))

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Write zeroes into the window."""
        run = (start + self._offset, end + self._offset, None)
        return (yield from node.file.write([run], zero=True, unmap=unmap))

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Discard in the window."""
        return (yield from node.file.discard(start + self._offset, end + self._offset))

    def status(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """What the child says of the window."""
        file = node.file
        flags, stop = file.driver.status(file, start + self._offset, end + self._offset)
        return flags, stop - self._offset

    def allocated(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """What the child says of the window."""
        file = node.file
        flags, stop = file.driver.allocated(file, start + self._offset, end + self._offset)
        return flags, stop - self._offset

    def stored(self, node: Node, start: int, end: int) -> list[Run]:
        """The window."""
        file = node.file
        return _moved(file.driver.stored(file, start + self._offset, end + self._offset), -self._offset)

    def host_offset(self, node: Node, offset: int) -> int | None:
        """Offset in the child."""
        return offset + self._offset


def _moved(runs: Sequence[Run], distance: int) -> list[Run]:
    if not distance:
        return list(runs)
    return [(start + distance, end + distance, value) for start, end, value in runs]
