"""null-co and null-aio: a size and nothing else; requests take no time but what was asked for."""

from __future__ import annotations

from txsh.backends.sim.driver.base import ALLOCATED, DATA, ZERO, Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.node import Node

DEFAULT_BYTES = 1 << 30


class NullDriver(Driver):
    """Reads as zeroes (QEMU: as anything, unless read-zeroes is on) and forgets what is written."""

    opens_files = True
    can_discard = False
    has_info = False

    def __init__(self, name: str, size_bytes: int, latency_us: int, *, read_zeroes: bool) -> None:
        super().__init__()
        self._latency_us = latency_us
        self.name = name
        self._size_bytes = size_bytes
        self._read_zeroes = read_zeroes

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
        """Zeroes with read-zeroes, else data that a backup reads (V13). Source: block/null.c, null_co_block_status."""
        is_zero = self._read_zeroes or not node.world.profile.null_read
        return (ZERO | ALLOCATED if is_zero else DATA | ALLOCATED), end

    def allocated(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """The same."""
        return self.status(node, start, end)

    def stored(self, node: Node, start: int, end: int) -> list[Run]:
        """One run."""
        return [(start, end, None if self._read_zeroes else 0)]

    def zero_us(self, start: int, end: int) -> int | None:
        """The latency asked for."""
        return self._latency_us

    def _pass_time(self) -> Generator[None, None, None]:
        if self._latency_us:
            yield from self.node.world.loop.sleep_us(self._latency_us)
