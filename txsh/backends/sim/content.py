"""What is stored in a file or seen on a node: runs of one repeated byte, or holes; cost follows the runs.

Knows nothing of nodes and formats.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

Run = tuple[int, int, "int | None"]
"""Start, end (excluded), and the repeated byte; None is a hole, which reads as zeroes."""


class Runs:
    """A step function over byte offsets from 0 on; everything never written is a hole."""

    __slots__ = ("_starts", "_values")

    def __init__(self) -> None:
        self._starts: list[int] = [0]
        self._values: list[int | None] = [None]

    def copy(self) -> Runs:
        """The same as an independent value."""
        twin = Runs()
        twin._starts = self._starts.copy()
        twin._values = self._values.copy()
        return twin

    def write(self, start: int, end: int, value: int | None) -> None:
        """Put one repeated byte, or a hole, into ``[start, end)``."""
        if start >= end:
            return
        starts, values = self._starts, self._values
        low, high = bisect_left(starts, start), bisect_right(starts, end)
        after = values[high - 1]
        new_starts, new_values = [start], [value]
        if after != value:
            new_starts.append(end)
            new_values.append(after)
        if low and values[low - 1] == value:
            del new_starts[0], new_values[0]
        if high < len(starts) and (new_values[-1] if new_values else value) == values[high]:
            high += 1
        starts[low:high] = new_starts
        values[low:high] = new_values

    def runs(self, start: int, end: int) -> Iterator[Run]:
        """The runs that make up ``[start, end)``, ascending, cut at both ends."""
        index = bisect_right(self._starts, start) - 1
        while start < end:
            stop = min(self._starts[index + 1] if index + 1 < len(self._starts) else end, end)
            yield start, stop, self._values[index]
            start = stop
            index += 1

    def status(self, offset: int, end: int) -> tuple[bool, int]:
        """Whether the byte at an offset is stored, and where that stops being so (at most `end`)."""
        index = bisect_right(self._starts, offset) - 1
        stored = self._values[index] is not None
        while index + 1 < len(self._starts) and self._starts[index + 1] < end:
            index += 1
            if (self._values[index] is not None) is not stored:
                return stored, self._starts[index]
        return stored, end

    def stored(self) -> list[tuple[int, int]]:
        """The ranges that are no hole, ascending and apart, whatever bytes they hold."""
        found: list[tuple[int, int]] = []
        begun: int | None = None
        for start, value in zip(self._starts, self._values, strict=True):
            if value is None and begun is not None:
                found.append((begun, start))
                begun = None
            elif value is not None and begun is None:
                begun = start
        return found

    def end(self) -> int:
        """Just after the last byte stored."""
        return self._starts[-1]


def merged(runs: list[Run]) -> list[Run]:
    """The same bytes with neighbours of one value joined and holes shown as the zeroes that they read as."""
    joined: list[Run] = []
    for start, stop, value in runs:
        byte = value or 0
        if joined and joined[-1][2] == byte and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop, byte)
        else:
            joined.append((start, stop, byte))
    return joined


class NodeContent:
    """All bytes of a node at one moment."""

    __slots__ = ("runs", "size_bytes")

    def __init__(self, size_bytes: int, runs: list[Run]) -> None:
        self.size_bytes = size_bytes
        self.runs = merged(runs)

    def first_difference(self, other: object) -> int | None:
        """Offset of the first byte that differs; None when equal."""
        assert isinstance(other, NodeContent)
        for (start, stop, value), (_, other_stop, other_value) in zip(self.runs, other.runs, strict=False):
            if value != other_value:
                return start
            if stop != other_stop:
                return min(stop, other_stop)
        return None if self.size_bytes == other.size_bytes else min(self.size_bytes, other.size_bytes)
