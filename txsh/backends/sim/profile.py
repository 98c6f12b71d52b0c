"""What differs between the QEMU versions that the model knows, as data; names V1... as in the reference.

Each field says what happens in that version; no code asks for a version number.
"""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    """One QEMU version.

    Args:
        version: major and minor.
        micro: the release that the recordings were made with.
        grouped_refused_first: V1, a grouped list is checked for immediate actions before anything is prepared.
        grouped_text: V2, how that refusal spells "Transaction property".
        commit_reversed: V3, actions commit last to first.
        persistent_on_read_only: V4, a persistent bitmap may be added to a read-only node.
        aborting_first: V6, all members of a failed group say aborting before the first is finalized.
        drain_on_graph_change: V7, every change of the graph drains everything.
        copy_bitmap_on_filter: V8, the copy bitmap of a backup is on the filter, not on the source.
        null_read: V13, null-co reads are really made by a full backup.
        wake_held_job: V14, a rate-limited job notices at once that guest writes left it nothing to copy.
        quiesce_parents_once: whether nested drains of a node reach its parents only once.
    """

    version: tuple[int, int]
    micro: int
    grouped_refused_first: bool
    grouped_text: str
    commit_reversed: bool
    persistent_on_read_only: bool
    aborting_first: bool
    drain_on_graph_change: bool
    copy_bitmap_on_filter: bool
    null_read: bool
    wake_held_job: bool
    quiesce_parents_once: bool


QEMU_7_2 = Profile(
    version=(7, 2),
    micro=22,
    grouped_refused_first=False,
    grouped_text="Transaction property",
    commit_reversed=False,
    persistent_on_read_only=True,
    aborting_first=False,
    drain_on_graph_change=False,
    copy_bitmap_on_filter=False,
    null_read=True,
    wake_held_job=False,
    quiesce_parents_once=False,
)

PROFILES = {QEMU_7_2.version: QEMU_7_2}
DEFAULT = QEMU_7_2
