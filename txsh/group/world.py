"""What a look shows of nodes, bitmaps and jobs, as something that the actions of one list change one after the other.

It foresees QEMU's state, not QEMU's refusals. What a look does not show (permissions, who uses a node) is not here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.model.state import JobInfo, NodeInfo

_DEFAULT_GRANULARITY_BYTES = 65536
_SMALLEST_DEFAULT_BYTES = 4096


class Bitmap:
    """One bitmap as it is at some point of the list.

    Attributes:
        size_bytes: length of the image it covers.
        readonly: QEMU will not change its content. No query shows it: true for a stored bitmap of a read-only node,
            which is right for all that were there when the node was opened.
        busy: somebody uses it, a removal earlier in the list included.
    """

    __slots__ = (
        "busy",
        "granularity_bytes",
        "inconsistent",
        "persistent",
        "readonly",
        "recording",
        "size_bytes",
    )

    def __init__(self, size_bytes: int, granularity_bytes: int, *, recording: bool) -> None:
        self.size_bytes = size_bytes
        self.granularity_bytes = granularity_bytes
        self.recording = recording
        self.persistent = False
        self.readonly = False
        self.busy = False
        self.inconsistent = False


class Node:
    """One node: what was looked up of it, and its bitmaps by name, in no order that means anything."""

    __slots__ = ("bitmaps", "info")

    def __init__(self, info: NodeInfo) -> None:
        self.info = info
        self.bitmaps: dict[str, Bitmap] = {}
        for found in info.bitmaps:
            bitmap = Bitmap(info.size_bytes, found.granularity_bytes, recording=found.recording)
            bitmap.persistent = found.persistent
            bitmap.readonly = found.persistent and info.readonly
            bitmap.busy = found.busy
            bitmap.inconsistent = found.inconsistent
            self.bitmaps[found.name] = bitmap

    @property
    def default_granularity_bytes(self) -> int:
        """What a new bitmap gets that names none.

        Source: block/dirty-bitmap.c, bdrv_get_default_bitmap_granularity; 7.2 to 11.1.
        """
        if self.info.cluster_bytes is None:
            return _DEFAULT_GRANULARITY_BYTES
        return max(_SMALLEST_DEFAULT_BYTES, min(_DEFAULT_GRANULARITY_BYTES, self.info.cluster_bytes))

    def add(self, name: str, granularity_bytes: int | None, *, recording: bool, persistent: bool) -> Bitmap:
        """Put a new bitmap there; a granularity of None is the default one."""
        bitmap = Bitmap(self.info.size_bytes, granularity_bytes or self.default_granularity_bytes, recording=recording)
        bitmap.persistent = persistent
        self.bitmaps[name] = bitmap
        return bitmap


NO_ALIASES: dict[str, str] = {}


class World:
    """Everything that was looked up.

    Args:
        aliases: other names of nodes (device names of a qemu-system), with the node's own name.

    Attributes:
        jobs: ids taken.
        job_targets: nodes that jobs of this list write to, by node name.
        new_nodes: names taken by filters of this list's jobs.
    """

    __slots__ = ("_aliases", "_infos", "_nodes", "job_targets", "jobs", "new_nodes")

    def __init__(
        self, nodes: Mapping[str, NodeInfo], jobs: Mapping[str, JobInfo], aliases: Mapping[str, str] = NO_ALIASES
    ) -> None:
        self._infos = nodes
        self._nodes: dict[str, Node] = {}
        self._aliases = aliases
        self.jobs = set(jobs)
        self.job_targets: set[str] = set()
        self.new_nodes: set[str] = set()

    def node(self, name: str) -> Node | None:
        """The node of that name or device name; None when there is none."""
        name = self._aliases.get(name, name)
        if name not in self._infos:
            return None
        if name not in self._nodes:
            self._nodes[name] = Node(self._infos[name])
        return self._nodes[name]

    def has_node(self, name: str) -> bool:
        """Whether the name is taken for a new node."""
        return name in self._infos or name in self.new_nodes

    def job_id(self, data: Mapping[str, Any]) -> str:
        """The id of a backup's job: the one given, else the name of the node's device, which a bare node does not have.

        Source: blockjob.c, block_job_create.
        """
        job = data.get("job-id")
        if job is None:
            node = self._aliases.get(data["device"], data["device"])
            job = next((device for device, behind in self._aliases.items() if behind == node), "")
        return str(job)

    def bitmap(self, node: str, name: str) -> Bitmap | None:
        """A bitmap of a node; None when there is no such node or bitmap."""
        found = self.node(node)
        return None if found is None else found.bitmaps.get(name)
