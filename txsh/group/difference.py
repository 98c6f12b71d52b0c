"""What QEMU's refusals differ in from version to version, as data: since when each is as it is now.

Knows no words and no order of checks.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple


class Difference(NamedTuple):
    """A change in QEMU's behaviour.

    Args:
        first: the first version recorded that has it.
    """

    first: tuple[int, int]

    def is_in(self, version: tuple[int, int]) -> bool:
        """Whether a QEMU of that version has it."""
        return version >= self.first


GROUPED_IS_CHECKED_FIRST = Difference((10, 0))
"""V1: what ``completion-mode`` ``grouped`` forbids is looked for in the whole list before anything is prepared."""

GROUPED_TEXT_IS_LOWER_CASE = Difference((10, 0))
"""V2: that refusal says "transaction property"."""

PERSISTENT_NEEDS_WRITABLE = Difference((11, 0))
"""V4: no persistent bitmap is added to a read-only node."""

REMOVAL_GOES_BY_NODE = Difference((11, 0))
"""V5: a read-only bitmap is refused to be removed in words about its node."""
