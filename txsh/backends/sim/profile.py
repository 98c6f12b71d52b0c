"""What differs between the QEMU versions that the model knows, as data; V1... number what clients meet.

Each field says what happens in that version; no code asks for a version number. A difference gets its field when the
mechanism behind it is built both ways.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple


class JsonWords(NamedTuple):
    """What QEMU says of text that is not JSON.

    Args:
        located: V17, line and column of the connection so far stand in front.
        at_once: V19 and V20, the first wrong token of a message is told when it comes, and nothing else of the message;
            otherwise a message is judged when its brackets are closed.
        stray_cut: what is no token is told as far as the room for a message goes, as all else is.
        key: V18, something stands where a member's name should that cannot be one.
        odd_key: V18, a member's name is a value of another kind than string; None: such a value counts for `key`.
        colon: V18, for a missing colon.
        in_object: V18, for a missing comma between members.
        in_list: V18, the same between elements.
    """

    located: bool
    at_once: bool
    stray_cut: bool
    key: str
    odd_key: str | None
    colon: str
    in_object: str
    in_list: str


class Profile(NamedTuple):
    """One QEMU version.

    Args:
        version: major and minor.
        micro: the release that the recordings were made with.
        package: what that build calls itself beside its number.
        json: V17-V20.
        grouped_refused_first: V1, a grouped list is checked for immediate actions before anything is prepared.
        grouped_text: V2, how that refusal spells "Transaction property".
        commit_reversed: V3, actions commit, and are cleaned up, last to first.
        persistent_on_read_only: V4, a persistent bitmap may be added to a read-only node.
        read_only_by_node: V5 and V22, whether a bitmap may be removed goes by its node and not by a mark on the bitmap.
        quiesce_parents_once: nested drains of a node reach its parents only once (8.0 and later).
        graph_is_locked: V6, V7, the graph is locked to be changed, for which everything is drained (8.0 and later).
        add_keeps_pointer: an add that is undone frees the bitmap that it made, not what has its name then (B9).
        copy_bitmap_on_filter: V8, the copy bitmap of a backup belongs to its filter and not to its source.
        context_change_drains: a backup drains everything to bring its target to the source's event loop, even when it
            is there already (10.1 and later).
        filter_always_reads: a backup's filter needs its source's data even while nobody writes (9.1 and later).
        writer_keeps_drained: most changes of the graph keep everything drained until they are over (10.1 and later).
        strict_sizes: qemu-io reads ``.5k``, and no suffix behind a hexadecimal number (8.1 and later).
        raw_is_variable: a raw node asks what is below for its size each time (not in 8.1 to 10.0).
        filters_are_variable: filters do so, too.
        negative_size: how a size below zero is refused among the options of a driver.
        activity_shown: V16, queries of nodes say that they are active, and have a part of their own for files.
        limits_shown: V16, queries of nodes name their children and the limits of requests.
        registered_buffers: qemu-io has the option -r.
        file_forces_writes: a file node writes past all caches (FUA) without a flush.
        singlestep_shown: query-status has that member.
        drained_to_stop: a qemu-system that quits drains everything before it stops the guest, not after.
        info_heading_shown: the first line of qemu-io's info goes to the monitor, too.
        iothread_settings: what query-iothreads says of an iothread without settings, beside what is the same in all.
        iothread_needs_lock: a node that runs in an iothread kills QEMU when blockdev-add puts another above it.
        iothread_must_be_idle: so does the deletion of an iothread that a qcow2 node runs in.
        filter_stays_in_iothread: B11, a backup's filter must not take its source out of an iothread.
        throttle_group_used: what the deletion of a throttle group with members is told.
        resize_names_device: block_resize of a node that a job uses names the device, if one was given.
    """

    version: tuple[int, int]
    micro: int
    package: str
    json: JsonWords
    grouped_refused_first: bool
    grouped_text: str
    commit_reversed: bool
    persistent_on_read_only: bool
    read_only_by_node: bool
    quiesce_parents_once: bool
    graph_is_locked: bool
    context_change_drains: bool
    filter_always_reads: bool
    writer_keeps_drained: bool
    add_keeps_pointer: bool
    copy_bitmap_on_filter: bool
    strict_sizes: bool
    registered_buffers: bool
    file_forces_writes: bool
    singlestep_shown: bool
    drained_to_stop: bool
    info_heading_shown: bool
    raw_is_variable: bool
    filters_are_variable: bool
    negative_size: str
    activity_shown: bool
    limits_shown: bool
    resize_names_device: bool
    iothread_settings: tuple[tuple[str, int], ...]
    iothread_needs_lock: bool
    iothread_must_be_idle: bool
    filter_stays_in_iothread: bool
    throttle_group_used: str


_JSON_7_2 = JsonWords(
    located=False,
    at_once=False,
    stray_cut=False,
    key="expecting value",
    odd_key="key is not a string in object",
    colon="missing : in object pair",
    in_object="expected separator in dict",
    in_list="expected separator in list",
)

_JSON_11_1 = JsonWords(
    located=True,
    at_once=True,
    stray_cut=True,
    key="expecting key",
    odd_key=None,
    colon="expecting ':'",
    in_object="expected ',' or '}'",
    in_list="expected ',' or ']'",
)

QEMU_7_2 = Profile(
    version=(7, 2),
    micro=22,
    package="Debian 1:7.2+dfsg-7+deb12u18+b3",
    json=_JSON_7_2,
    grouped_refused_first=False,
    grouped_text="Transaction property",
    commit_reversed=False,
    persistent_on_read_only=True,
    read_only_by_node=False,
    quiesce_parents_once=False,
    graph_is_locked=False,
    context_change_drains=False,
    filter_always_reads=False,
    writer_keeps_drained=False,
    add_keeps_pointer=False,
    copy_bitmap_on_filter=False,
    strict_sizes=False,
    raw_is_variable=True,
    filters_are_variable=False,
    negative_size="Parameter '{name}' expects a non-negative number below 2^64",
    activity_shown=False,
    limits_shown=False,
    registered_buffers=False,
    file_forces_writes=False,
    singlestep_shown=True,
    drained_to_stop=True,
    info_heading_shown=False,
    resize_names_device=True,
    iothread_settings=(("poll-grow", 0), ("poll-shrink", 0)),
    iothread_needs_lock=True,
    iothread_must_be_idle=True,
    filter_stays_in_iothread=False,
    throttle_group_used="object '{}' is in use, can not be deleted",
)

QEMU_10_0 = Profile(
    version=(10, 0),
    micro=2,
    package="Debian 1:10.0.2+ds-2+deb13u1~bpo12+1",
    json=_JSON_7_2,
    grouped_refused_first=True,
    grouped_text="transaction property",
    commit_reversed=True,
    persistent_on_read_only=True,
    read_only_by_node=False,
    quiesce_parents_once=True,
    graph_is_locked=True,
    context_change_drains=False,
    filter_always_reads=True,
    writer_keeps_drained=False,
    add_keeps_pointer=True,
    copy_bitmap_on_filter=True,
    strict_sizes=True,
    raw_is_variable=False,
    filters_are_variable=False,
    negative_size="Value '{value}' is out of range for parameter '{name}'",
    activity_shown=True,
    limits_shown=False,
    registered_buffers=True,
    file_forces_writes=True,
    singlestep_shown=False,
    drained_to_stop=False,
    info_heading_shown=True,
    resize_names_device=False,
    iothread_settings=(("poll-grow", 0), ("poll-shrink", 0)),
    iothread_needs_lock=False,
    iothread_must_be_idle=True,
    filter_stays_in_iothread=True,
    throttle_group_used="object '{}' is in use, can not be deleted",
)

QEMU_11_1 = QEMU_10_0._replace(
    version=(11, 1),
    micro=3,
    limits_shown=True,
    raw_is_variable=True,
    filters_are_variable=True,
    package="Debian 1:11.1.3+ds-1",
    json=_JSON_11_1,
    persistent_on_read_only=False,
    read_only_by_node=True,
    context_change_drains=True,
    writer_keeps_drained=True,
    iothread_settings=(("poll-grow", 2), ("poll-shrink", 2), ("poll-weight", 3)),
    iothread_must_be_idle=False,
    throttle_group_used="Cannot delete throttle group '{}' with active references",
)

PROFILES = {profile.version: profile for profile in (QEMU_7_2, QEMU_10_0, QEMU_11_1)}
DEFAULT = QEMU_11_1
