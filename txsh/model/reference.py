"""Names and ranges as a script says them, with their parts told apart."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple


class BitmapRef(NamedTuple):
    """A bitmap of a node, by the user's names."""

    node: str
    name: str

    def __str__(self) -> str:
        return f"{self.node}.{self.name}"


class ByteRange(NamedTuple):
    """``OFFSET+LENGTH`` in bytes."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + self.length
