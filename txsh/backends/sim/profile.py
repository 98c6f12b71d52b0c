"""What differs between the QEMU versions that the model knows, as data; names V1... as in the reference.

Each field says what happens in that version; no code asks for a version number. A difference gets its field when the
mechanism behind it is built both ways.
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

QEMU_10_0 = Profile(
    version=(10, 0),
    micro=2,
    grouped_refused_first=True,
    grouped_text="transaction property",
    commit_reversed=True,
    persistent_on_read_only=True,
    null_read=False,
    quiesce_parents_once=True,
)

QEMU_11_1 = QEMU_10_0._replace(
    version=(11, 1),
    micro=3,
    persistent_on_read_only=False,
)

PROFILES = {profile.version: profile for profile in (QEMU_7_2, QEMU_10_0, QEMU_11_1)}
DEFAULT = QEMU_7_2
