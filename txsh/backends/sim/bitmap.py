"""Dirty bitmaps: their bits as extents, the successor that a job gives them, and the states that forbid their use.

Knows nothing of nodes; a node has a list of these and calls `record` when a write completes.
Source: QEMU block/dirty-bitmap.c.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed
from txsh.model.extent import Extents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.backends.sim.node import Node

BUSY, READONLY, INCONSISTENT = "busy", "readonly", "inconsistent"
DEFAULT = (BUSY, READONLY, INCONSISTENT)
ALLOW_READONLY = (BUSY, INCONSISTENT)
NAME_BYTES_MAX = 1023


class DirtyBitmap:
    """One bitmap of a node, named or internal.

    Attributes:
        bits: the dirty byte ranges, multiples of the granularity; the last one may end past the image.
        disabled: it does not record.
        released: freed; whoever still points to it kills QEMU by touching it.
        skip_store: being removed by a transaction, so not to be stored.
        successor: records in its place while a job uses this one.
    """

    __slots__ = (
        "bits",
        "busy",
        "disabled",
        "granularity",
        "inconsistent",
        "name",
        "node",
        "persistent",
        "readonly",
        "released",
        "size_bytes",
        "skip_store",
        "successor",
    )

    def __init__(self, node: Node, granularity: int, name: str | None = None) -> None:
        self.node = node
        self.granularity = granularity
        self.name = name
        self.size_bytes = node.size_bytes
        self.bits = Extents()
        self.disabled = False
        self.busy = False
        self.persistent = False
        self.readonly = False
        self.inconsistent = False
        self.skip_store = False
        self.released = False
        self.successor: DirtyBitmap | None = None

    @property
    def recording(self) -> bool:
        """Whether writes are recorded now, by it or by its successor."""
        return not self.disabled or (self.successor is not None and not self.successor.disabled)

    @property
    def count_bytes(self) -> int:
        """Set bits times granularity; may exceed the size of the image."""
        return self.bits.total

    def record(self, start: int, end: int) -> None:
        """Set the bits that ``[start, end)`` touches, if it is enabled."""
        if not self.disabled:
            self.set(start, end)

    def set(self, start: int, end: int) -> None:
        """Set the bits that ``[start, end)`` touches."""
        granularity = self.granularity
        self.bits.add(start - start % granularity, end + -end % granularity)

    def reset(self, start: int, end: int) -> None:
        """Clear the bits of ``[start, end)``, which is aligned or ends at the end of the image."""
        self.bits.remove(start, end + -end % self.granularity)

    def truncate(self, size_bytes: int) -> None:
        """Its node has another size now; a bit that reaches past the end stays. Source: QEMU util/hbitmap.c."""
        if size_bytes < self.size_bytes:
            self.bits.remove(size_bytes + -size_bytes % self.granularity, self.size_bytes + self.granularity)
        self.size_bytes = size_bytes

    def merge_bits(self, source: DirtyBitmap) -> None:
        """Set every bit that any dirty byte of the source, cut at the end of the image, touches."""
        if source.granularity == self.granularity:
            self.bits.update(source.bits)
        else:
            self.bits.update(source.bits.clipped(0, source.size_bytes).aligned(self.granularity))

    def restore(self, saved: Extents) -> None:
        """Put saved bits back, when a transaction is undone.

        Raises:
            BackendLost: it was freed meanwhile (B9).
        """
        self.touch()
        self.bits = saved

    def touch(self) -> None:
        """Follow a pointer to it.

        Raises:
            BackendLost: it was freed meanwhile (B9).
        """
        if self.released:
            raise BackendLost(
                "QEMU crashes here: a transaction undoes an action on a bitmap that a backup with bitmap-mode always "
                "has freed (use after free)"
            )

    def check(self, forbidden: tuple[str, ...] = DEFAULT) -> None:
        """Refuse what its state forbids, in QEMU's order.

        Raises:
            CommandFailed: it is in one of the forbidden states.
        """
        if BUSY in forbidden and self.busy:
            raise CommandFailed(
                "GenericError", f"Bitmap '{self.name}' is currently in use by another operation and cannot be used"
            )
        if READONLY in forbidden and self.readonly:
            raise CommandFailed("GenericError", f"Bitmap '{self.name}' is readonly and cannot be modified")
        if INCONSISTENT in forbidden and self.inconsistent:
            raise CommandFailed("GenericError", f"Bitmap '{self.name}' is inconsistent and cannot be used")

    def create_successor(self) -> None:
        """Freeze it for a job: a successor records from now on.

        Raises:
            CommandFailed: it is busy.
        """
        self.check((BUSY,))
        assert self.successor is None
        successor = self.node.create_bitmap(self.granularity)
        successor.disabled = self.disabled
        self.disabled = True
        self.successor = successor
        self.busy = True

    def abdicate(self) -> DirtyBitmap:
        """Give its name to its successor and vanish; the successor's bits are the bitmap now."""
        successor = self.successor
        assert successor is not None
        successor.name, self.name = self.name, None
        successor.persistent, self.persistent = self.persistent, False
        self.busy = False
        self.successor = None
        self.node.release_bitmap(self)
        return successor

    def reclaim(self) -> DirtyBitmap:
        """Take its successor's bits and state back into itself."""
        successor = self.successor
        assert successor is not None
        self.merge_bits(successor)
        self.disabled = successor.disabled
        self.busy = False
        self.successor = None
        self.node.release_bitmap(successor)
        return self

    def describe(self) -> dict[str, Any]:
        """The members of QMP's BlockDirtyInfo."""
        info: dict[str, Any] = {
            "recording": self.recording,
            "busy": self.busy,
            "persistent": self.persistent,
            "count": self.count_bytes,
            "granularity": self.granularity,
        }
        if self.name is not None:
            info["name"] = self.name
        if self.inconsistent:
            info["inconsistent"] = True
        return info


def merge(target: DirtyBitmap, source: DirtyBitmap) -> None:
    """Merge one bitmap into another as the command does.

    Raises:
        CommandFailed: a state forbids it, or the sizes differ.
    """
    target.check(DEFAULT)
    source.check(ALLOW_READONLY)
    if target.size_bytes != source.size_bytes:
        raise CommandFailed(
            "GenericError",
            f"Bitmaps are of different sizes (destination size is {target.size_bytes}, "
            f"source size is {source.size_bytes}) and can't be merged",
        )
    target.merge_bits(source)
