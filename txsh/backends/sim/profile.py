"""What differs between the QEMU versions that the model knows, as data; names V1... as in the reference.

Each field says what happens in that version; no code asks for a version number. A difference gets its field when the
mechanism behind it is built both ways: V6, V7, V8 and V14 have none yet, so that there is one profile.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple


class Profile(NamedTuple):
    """One QEMU version.

    Args:
        version: major and minor.
        micro: the release that the recordings were made with.
        grouped_refused_first: V1, a grouped list is checked for immediate actions before anything is prepared.
        grouped_text: V2, how that refusal spells "Transaction property".
        commit_reversed: V3, actions commit last to first.
        persistent_on_read_only: V4, a persistent bitmap may be added to a read-only node.
        null_read: V13, null-co reads are really made by a full backup.
        quiesce_parents_once: nested drains of a node reach its parents only once (8.0 and later).
    """

    version: tuple[int, int]
    micro: int
    grouped_refused_first: bool
    grouped_text: str
    commit_reversed: bool
    persistent_on_read_only: bool
    null_read: bool
    quiesce_parents_once: bool


QEMU_7_2 = Profile(
    version=(7, 2),
    micro=22,
    grouped_refused_first=False,
    grouped_text="Transaction property",
    commit_reversed=False,
    persistent_on_read_only=True,
    null_read=True,
    quiesce_parents_once=False,
)

PROFILES = {QEMU_7_2.version: QEMU_7_2}
DEFAULT = QEMU_7_2
