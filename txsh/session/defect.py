"""Which defects of QEMU (B1...) a version has, and what each does. Data; who looks for them is `danger.py`.

Source: each was provoked on QEMU 7.2, 10.0 and 11.1. Of versions between those nobody knows: they count as having it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    Version = tuple[int, int]
else:
    from txsh.named import NamedTuple


class Defect(NamedTuple):
    """One defect.

    Args:
        name: as the documentation calls it.
        does: what this QEMU does, as the end of "this QEMU ...".
        first: the first version that has it; None: all before `fixed`.
        fixed: the first version known without it; None: none is.
    """

    name: str
    does: str
    first: Version | None = None
    fixed: Version | None = None

    def is_in(self, version: Version) -> bool:
        """Whether a QEMU of that version has it."""
        return (self.first is None or version >= self.first) and (self.fixed is None or version < self.fixed)


ENABLE_REFUSED = Defect(
    "B1, B4", "crashes, or leaves the bitmap disabled, when an enable in a transaction is refused (B1, B4)"
)
MERGE_OF_NOTHING = Defect("B2", "crashes on a merge of nothing (B2)")
GROUP_REFUSED = Defect("B3", "hangs for ever when a group of backups is refused (B3)")
NEGATIVE_SIZE = Defect("B5", "crashes on a null device of a negative size (B5)")
REOPEN_REFUSED = Defect("B6", "leaves bitmaps read-only when a reopen to read-only is refused late (B6)")
TRANSACTION_BESIDE_EXPORT = Defect("B7", "may crash on any transaction while it is written to (B7)", fixed=(10, 0))
ROLLBACK_IN_IOTHREAD = Defect("B8", "loses writes of the guest that came in between (B8)")
ALWAYS_REFUSED = Defect("B9", "damages the bitmap when a backup with bitmap-mode always is rolled back (B9)")
COMMON_SOURCE = Defect("B10", "may crash when backups of one source end at the same time (B10)")
BACKUP_IN_IOTHREAD = Defect("B11", "crashes on a backup of a node there (B11)", first=(8, 0))
LARGE_CLUSTER = Defect("B12", "crashes when a backup copies clusters of more than 128M (B12)", first=(9, 2))
