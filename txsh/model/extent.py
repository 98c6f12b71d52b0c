"""Sets of byte ranges as one flat sorted list of boundaries; a bitmap of 64 TiB costs what its runs cost.

Knows nothing of granularity, images or bitmaps' names.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Extents:
    """A set of half-open byte ranges that do not touch each other.

    Boundaries are held as ``[start0, end0, start1, end1, ...]``, strictly increasing. Mutable; `copy` is
    cheap (the list is shared until one of the two is written).
    """

    __slots__ = ("_bounds", "_shared")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """Make the union of ``(start, end)`` ranges, ends excluded, in any order, empty ones ignored."""
        self._bounds: list[int] = []
        self._shared = False
        for start, end in ranges:
            self.add(start, end)

    def copy(self) -> Extents:
        """The same set as an independent value."""
        twin = Extents()
        twin._bounds = self._bounds
        twin._shared = self._shared = True
        return twin

    def add(self, start: int, end: int) -> None:
        """Put every byte of ``[start, end)`` into the set."""
        self._splice(start, end, inside=True)

    def remove(self, start: int, end: int) -> None:
        """Take every byte of ``[start, end)`` out of the set."""
        self._splice(start, end, inside=False)

    def clear(self) -> None:
        """Make the set empty."""
        self._bounds = []
        self._shared = False

    def update(self, other: Extents) -> None:
        """Put every byte of another set into this one."""
        if not self._bounds:
            self._bounds = other._bounds
            self._shared = other._shared = True
            return
        if len(other._bounds) > 2 * 8:
            self._bounds = _union(self._bounds, other._bounds)
            self._shared = False
            return
        for start, end in other:
            self.add(start, end)

    def aligned(self, unit: int) -> Extents:
        """The smallest superset whose boundaries are multiples of `unit` bytes."""
        wide = Extents()
        bounds = wide._bounds
        for start, end in self:
            low, high = start - start % unit, end + -end % unit
            if bounds and low <= bounds[-1]:
                bounds[-1] = max(bounds[-1], high)
            else:
                bounds += (low, high)
        return wide

    def clipped(self, start: int, end: int) -> Extents:
        """The part of the set that lies in ``[start, end)``."""
        part = self.copy()
        if self._bounds:
            part.remove(min(self._bounds[0], start), start)
            part.remove(end, max(self._bounds[-1], end))
        return part

    def next_range(self, offset: int) -> tuple[int, int] | None:
        """The first range, cut to begin at `offset` or later; None when nothing is left."""
        index = bisect_right(self._bounds, offset)
        if index % 2:
            return offset, self._bounds[index]
        if index == len(self._bounds):
            return None
        return self._bounds[index], self._bounds[index + 1]

    def overlaps(self, start: int, end: int) -> bool:
        """Whether any byte of ``[start, end)`` is in the set."""
        found = self.next_range(start)
        return found is not None and start < end and found[0] < end

    def covers(self, start: int, end: int) -> bool:
        """Whether every byte of ``[start, end)`` is in the set."""
        found = self.next_range(start)
        return start >= end or (found is not None and found[0] == start and end <= found[1])

    @property
    def total(self) -> int:
        """The number of bytes in the set."""
        return sum(self._bounds[1::2]) - sum(self._bounds[0::2])

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """The ranges as ``(start, end)``, ascending."""
        return iter(list(zip(self._bounds[0::2], self._bounds[1::2], strict=True)))

    def __len__(self) -> int:
        """The number of separate ranges."""
        return len(self._bounds) // 2

    def __bool__(self) -> bool:
        return bool(self._bounds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extents) and self._bounds == other._bounds

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Extents({list(self)!r})"

    def _splice(self, start: int, end: int, *, inside: bool) -> None:
        if start >= end:
            return
        if self._shared:
            self._bounds = self._bounds.copy()
            self._shared = False
        bounds = self._bounds
        low, high = bisect_left(bounds, start), bisect_right(bounds, end)
        edges = []
        if (low % 2 == 0) is inside:
            edges.append(start)
        if (high % 2 == 0) is inside:
            edges.append(end)
        bounds[low:high] = edges


def _union(left: list[int], right: list[int]) -> list[int]:
    """The boundaries of the union, in one pass over both."""
    merged: list[int] = []
    ranges = sorted([*zip(left[0::2], left[1::2], strict=True), *zip(right[0::2], right[1::2], strict=True)])
    for start, end in ranges:
        if merged and start <= merged[-1]:
            merged[-1] = max(merged[-1], end)
        else:
            merged += (start, end)
    return merged
