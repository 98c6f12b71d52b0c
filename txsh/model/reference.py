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
        return f"{_written(self.node)}.{_written(self.name)}"


def _written(part: str) -> str:
    """A part of a reference as a script writes it: in quotes when it is not one bare word without a dot.

    So a reference that is shown can be copied, and no two bitmaps are shown alike: those of ``a.b`` and of ``a``.
    """
    if part.replace("-", "").replace("_", "").isalnum():
        return part
    from json import dumps  # noqa: PLC0415  # only odd names need it

    from txsh.syntax.letter import is_bare  # noqa: PLC0415  # the same

    is_one_word = part and part[0] != "#" and "." not in part and all(map(is_bare, part))
    return part if is_one_word else dumps(part, ensure_ascii=False)


class ByteRange(NamedTuple):
    """``OFFSET+LENGTH`` in bytes."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + self.length
