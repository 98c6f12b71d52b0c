"""raw: the bytes of its child, or a window of them by offset and size."""

from __future__ import annotations

from errno import ENOSPC

from txsh.backends.base import CommandFailed
from txsh.backends.sim.driver.base import Driver
from txsh.backends.sim.node import RESIZE, WRITE
from txsh.backends.sim.permission import for_storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from typing import Any

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.node import Child, Node
    from txsh.backends.sim.open import Opening
    from txsh.backends.sim.profile import Profile

SECTOR_BYTES = 512


class RawDriver(Driver):
    """A window into the child; without offset and size the whole of it."""

    name = "raw"
    can_copy_range = True
    options = frozenset({"offset", "size"})
    mutable_options = frozenset({"offset", "size"})

    def __init__(self) -> None:
        super().__init__()
        self._offset = 0
        self._size: int | None = None
        self._is_window = False

    def open(self, opening: Opening) -> None:
        """Attach the child and look whether the window lies in it. Source: raw_open, raw_apply_options.

        Raises:
            CommandFailed: it does not.
        """
        options = opening.options
        _refuse_negative(options, opening.world.profile)
        # The child is attached as what it will be.
        self._is_window = bool(options.get("offset")) or "size" in options
        self._offset, self._size = self._window(options, opening.open_child("file"))

    def prepare_reopen(self, options: Mapping[str, Any]) -> Callable[[], None]:
        """The window may change."""
        _refuse_negative(options, self.node.world.profile)
        window = self._window(options, self.node.file)

        def commit() -> None:
            self._offset, self._size = window

        return commit

    def _window(self, options: Mapping[str, Any], file: Node) -> tuple[int, int | None]:
        """Offset and size that options ask for. Source: QEMU block/raw-format.c, raw_apply_options.

        Raises:
            CommandFailed: it does not lie in the child.
        """
        offset: int = options.get("offset", 0)
        size: int | None = options.get("size")
        there = file.size_bytes
        if offset > there:
            raise CommandFailed(
                "GenericError", f"Offset ({offset}) cannot be greater than size of the containing file ({there})"
            )
        if size is not None and size > there - offset:
            raise CommandFailed(
                "GenericError",
                f"The sum of offset ({offset}) and size ({size}) has to be smaller or equal to the  actual size of the "
                f"containing file ({there})",
            )
        if size is not None and size % SECTOR_BYTES:
            raise CommandFailed("GenericError", f"Specified size is not multiple of {SECTOR_BYTES}")
        return offset, size

    def size_bytes(self) -> int:
        """The window's size, or what the child has after the offset, whole sectors of it."""
        if self._size is not None:
            return self._size
        below = self.node.file.size_bytes - self._offset
        return below + -below % 512

    def has_variable_length(self) -> bool:
        """In some versions, as for a disk."""
        return self.node.world.profile.raw_is_variable

    def cluster_bytes(self) -> int | None:
        """That of the child."""
        return self.node.file.driver.cluster_bytes()

    def child_permissions(self, child: Child, needed: int, shared: int) -> tuple[int, int]:
        """A filter's, or opened with a window those of data; writing and resizing only when its own parents do."""
        if not self._is_window:
            return needed, shared
        below, below_shared = for_storage(self.node, needed, shared, metadata=False)
        return below & ~(WRITE | RESIZE) | needed & (WRITE | RESIZE), below_shared

    def refine_limits(self, limits: dict[str, int]) -> None:
        """Whole sectors where nobody said that it is raw."""
        if self.is_probed:
            limits["request-alignment"] = SECTOR_BYTES

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Read the window."""
        file = node.file
        yield from file.driver.debug_event(file, "read_aio")
        error, runs = yield from file.read(start + self._offset, end + self._offset)
        return error, _moved(runs, -self._offset)

    def _is_beyond(self, end: int) -> bool:
        return self._size is not None and end > self._size

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Write into the window. Source: raw_adjust_offset."""
        file = node.file
        if self._is_beyond(runs[-1][1]):
            return ENOSPC
        yield from file.driver.debug_event(file, "write_aio")
        return (yield from file.write(_moved(runs, self._offset)))

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Write zeroes into the window."""
        if self._is_beyond(end):
            return ENOSPC
        run = (start + self._offset, end + self._offset, None)
        return (yield from node.file.write([run], zero=True, unmap=unmap))

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Discard in the window."""
        return (yield from node.file.discard(start + self._offset, end + self._offset))

    def truncate(self, node: Node, size_bytes: int) -> Generator[None, None, str | None]:
        """Give the file the size that ends the window there; a window with an end of its own keeps it."""
        if self._size is not None:
            return "Cannot resize fixed-size raw disks"
        return (yield from node.file.truncate(size_bytes + self._offset))

    def status(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """What the child says of the window."""
        file = node.file
        flags, stop = file.driver.status(file, start + self._offset, end + self._offset)
        return flags, stop - self._offset

    def status_limit(self, node: Node, start: int, end: int) -> int:
        """That of the child."""
        file = node.file
        return file.driver.status_limit(file, start + self._offset, end + self._offset) - self._offset

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


def _refuse_negative(options: Mapping[str, Any], profile: Profile) -> None:
    """Source: QEMU block/raw-format.c, raw_read_options."""
    for name in ("offset", "size"):
        if options.get(name, 0) < 0:
            text = profile.negative_size.format(name=name, value=options[name])
            raise CommandFailed("GenericError", text)


def _moved(runs: Sequence[Run], distance: int) -> list[Run]:
    if not distance:
        return list(runs)
    return [(start + distance, end + distance, value) for start, end, value in runs]
