"""copy-before-write: the filter above a backup's source; a guest write first saves what it is about to overwrite.

Its first child is the source, its second the target. Source: QEMU block/copy-before-write.c.
"""

from __future__ import annotations

from txsh.backends.sim.copy_call import CopyCall
from txsh.backends.sim.driver.base import Driver
from txsh.backends.sim.node import ALL, READ, RESIZE, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from txsh.backends.sim.bitmap import DirtyBitmap
    from txsh.backends.sim.block_copy import BlockCopy
    from txsh.backends.sim.content import Run
    from txsh.backends.sim.node import Child, Node


class CopyBeforeWriteDriver(Driver):
    """The filter of one backup.

    Attributes:
        copy: the state that it shares with the job; set once the children are there.
        done: what guest writes have saved.
        access: what a reader of the snapshot may read.
    """

    name = "copy-before-write"
    is_filter = True
    opened_by_job = True
    copy: BlockCopy
    done: DirtyBitmap
    access: DirtyBitmap

    def __init__(self, on_error: str, *, discard_source: bool) -> None:
        super().__init__()
        self._on_error = on_error
        self._discard_source = discard_source
        self._is_broken = False

    def make_bitmaps(self) -> None:
        """Make the two that a reader of the snapshot would need; queries show them without a name."""
        self.done = self.node.create_bitmap(self.copy.cluster_bytes)
        self.done.disabled = True
        self.access = self.node.create_bitmap(self.copy.cluster_bytes)
        self.access.disabled = True
        self.access.merge_bits(self.copy.copy_bitmap)

    def child_permissions(self, child: Child, needed: int, shared: int) -> tuple[int, int]:
        """Writes the target; reads the source, which nobody else may write once the filter has users."""
        if child.name == "target":
            return WRITE, ALL & ~RESIZE
        if not self.node.parents:
            return needed, shared
        if needed & WRITE or self.node.world.profile.filter_always_reads:
            needed |= READ
        if self._discard_source:
            needed |= WRITE
        return needed, shared & ~(WRITE | RESIZE)

    def cluster_bytes(self) -> int | None:
        """That of the source."""
        return self.node.file.driver.cluster_bytes()

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Save, then write."""
        error: int = yield from self._save(runs[0][0], runs[-1][1])
        if error:
            return error
        return (yield from node.file.write(runs))

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Save, then write zeroes."""
        error: int = yield from self._save(start, end)
        if error:
            return error
        return (yield from node.file.write([(start, end, None)], zero=True, unmap=unmap))

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Save, then discard."""
        error: int = yield from self._save(start, end)
        if error:
            return error
        return (yield from node.file.discard(start, end))

    def flushed_children(self, node: Node) -> list[Child]:
        """The source alone: a backup never flushes its target."""
        return node.children[:1]

    def zero_us(self, start: int, end: int) -> int | None:
        """A write may have to wait for a copy."""
        return None

    def close(self) -> None:
        """Free the state."""
        self.copy.close()

    def _save(self, start: int, end: int) -> Generator[None, None, int]:
        """Copy what is still to be copied of the clusters touched; the rate limit does not hold it back."""
        if self._is_broken:
            return 0
        cluster = self.copy.cluster_bytes
        call = CopyCall(start - start % cluster, end + -end % cluster, ignore_limit=True)
        error: int = yield from self.copy.run(call)
        if not error:
            self.done.set(call.start, call.end)
        elif self._on_error == "break-snapshot":
            # The guest goes on; the backup is not told, and what it copies from now on may be newer.
            self._is_broken = True
            return 0
        return error
