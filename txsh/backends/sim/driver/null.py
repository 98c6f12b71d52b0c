"""null-co and null-aio: a size and nothing else; requests take no time but what was asked for."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.backends.sim.driver.base import ALLOCATED, ZERO, Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.open import Opening

DEFAULT_BYTES = 1 << 30
SECTOR_BYTES = 512


class NullDriver(Driver):
    """Reads as zeroes (QEMU: as anything, unless read-zeroes is on) and forgets what is written."""

    children = ()
    options = frozenset({"size", "read-zeroes", "latency-ns"})
    opens_files = True
    can_discard = False

    def __init__(self) -> None:
        super().__init__()
        self._latency_us = 0
        self._size_bytes = 0
        self._read_zeroes = False

    def open(self, opening: Opening) -> None:
        """Take the size as it is given.

        Raises:
            BackendLost: it is negative (B5).
            CommandFailed: the latency is.
        """
        options = opening.options
        size: int = options.get("size", DEFAULT_BYTES)
        if size < 0:
            raise BackendLost(f"QEMU crashes here: blockdev-add of {self.name} with a negative size (SIGABRT)")
        if options.get("latency-ns", 0) < 0:
            raise CommandFailed("GenericError", "latency-ns is invalid")
        self._size_bytes = size + -size % SECTOR_BYTES
        self._latency_us = options.get("latency-ns", 0) // 1000
        self._read_zeroes = options.get("read-zeroes", False)

    def take_filename(self, opening: Opening) -> None:
        """It has none.

        Raises:
            CommandFailed: there is one.
        """
        if opening.place.filename is not None:
            text = f"The only allowed filename for this driver is '{self.name}://'"
            raise CommandFailed("GenericError", text)

    def has_info(self) -> bool:
        """It has no such thing."""
        return False

    def size_bytes(self) -> int:
        """The size given."""
        return self._size_bytes

    def cluster_bytes(self) -> int | None:
        """It has none."""
        return None

    def actual_bytes(self) -> int | None:
        """Nothing."""
        return 0

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Zeroes, as data unless read-zeroes is on."""
        yield from self._pass_time()
        return 0, self.stored(self.node, start, end)

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Forget it."""
        yield from self._pass_time()
        return 0

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Forget it."""
        yield from self._pass_time()
        return 0

    def status(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """Zeroes with read-zeroes, else nothing at all: it is read, and not allocated.

        Source: block/null.c, null_co_block_status; block/io.c, bdrv_co_do_block_status.
        """
        return (ZERO | ALLOCATED if self._read_zeroes else 0), end

    def allocated(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """The same."""
        return self.status(node, start, end)

    def stored(self, node: Node, start: int, end: int) -> list[Run]:
        """One run."""
        return [(start, end, None if self._read_zeroes else 0)]

    def zeroes_quickly(self) -> bool:
        """It has no request for that."""
        return False

    def zero_us(self, start: int, end: int) -> int | None:
        """The latency asked for."""
        return self._latency_us

    def _pass_time(self) -> Generator[None, None, None]:
        if self._latency_us:
            yield from self.node.world.loop.sleep_us(self._latency_us)


class NullCoDriver(NullDriver):
    """Requests are coroutines."""

    name = "null-co"


class NullAioDriver(NullDriver):
    """Requests are callbacks, which the model does not tell apart."""

    name = "null-aio"
