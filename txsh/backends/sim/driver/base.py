"""What every driver can do, and what a filter does by passing on.

Block status is answered at once in the model, without I/O.
"""

from __future__ import annotations

from txsh.backends.sim.node import ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from typing import Any

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.disk import File, Format
    from txsh.backends.sim.node import Child, Node
    from txsh.backends.sim.open import Opening

DATA, ZERO, ALLOCATED = 1, 2, 4


class Driver:
    """A filter that passes everything on to its first child; real drivers override what they do themselves.

    Attributes:
        children: the options that name nodes below.
        options: the other options that are modelled, beside those of all nodes.
        is_protocol: a node of it ends where its file ends, and the file can grow.
        is_filter: what is below is the same disk.
        opens_files: QEMU could open it by a plain file name (bdrv_file_open).
        mutable_options: options of its own that a reopen may change.
        lock: what a file's node holds of its file and shares of it.
        can_discard: it has something to discard; else QEMU drops the request, and no bitmap sees it.
        can_compress: it takes compressed writes; a filter passes them on.
        can_copy_range: a copy within it can be left to what is below.
        keeps_timer: a timer of it runs all the time (the one that cleans qcow2's caches).
        opened_by_job: a job's command opens it, under the lock that QEMU 7.2 has for iothreads.
        is_probed: nobody named it; it was found by looking at the file.
    """

    name = ""
    children: tuple[str, ...] = ("file",)
    options: frozenset[str] = frozenset()
    is_protocol = False
    is_filter = False
    opens_files = False
    can_discard = True
    can_compress = False
    can_copy_range = False
    is_probed = False
    opened_by_job = False
    keeps_timer = False
    mutable_options: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._node: Node | None = None
        self.lock = (0, ALL)

    def attach(self, node: Node) -> None:
        """Learn the node."""
        self._node = node

    def open(self, opening: Opening) -> None:
        """Attach the children that the options name, and check what they say.

        Raises:
            CommandFailed: QEMU would refuse.
            NotSimulated: something without a model.
            BackendLost: QEMU would crash.
        """
        opening.open_child("file")

    def take_filename(self, opening: Opening) -> None:
        """Look at the file that an overlay names besides the options, before anything else.

        Raises:
            CommandFailed: the options say something else. Source: bdrv_fill_options, bdrv_parse_filename.
        """

    @property
    def node(self) -> Node:
        """The node that this driver is of."""
        assert self._node is not None
        return self._node

    def size_bytes(self) -> int:
        """The virtual size of the node."""
        return self.node.file.size_bytes

    def has_variable_length(self) -> bool:
        """Whether the size is asked for each time, and not what it was when the node was opened."""
        return self.is_filter and bool(self.node.children) and self.node.world.profile.filters_are_variable

    def cluster_bytes(self) -> int | None:
        """The cluster size, None where there is no such thing."""
        return None

    def has_info(self) -> bool:
        """Whether QEMU can tell its cluster size, or that it has none (bdrv_get_info)."""
        return self.node.file.driver.has_info()

    def child_permissions(self, child: Child, needed: int, shared: int) -> tuple[int, int]:
        """What it needs of a child and shares, given what its own parents need and share; a filter passes it on."""
        return needed, shared

    def shares_file(self, other: Driver) -> bool:
        """Whether both are nodes on one file."""
        return False

    def has_open(self, file: File) -> bool:
        """Whether it is a node on that file."""
        return False

    def actual_bytes(self) -> int | None:
        """What it takes on the disk, None where QEMU cannot tell. Source: bdrv_get_allocated_file_size."""
        return self.node.file.driver.actual_bytes()

    def refine_limits(self, limits: dict[str, int]) -> None:
        """Change what the children say of `limits`."""

    def image_format(self) -> Format | None:
        """The tables of a qcow2 image, None for other drivers."""
        return None

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Read ``[start, end)``."""
        return (yield from node.file.read(start, end))

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Write neighbouring runs."""
        return (yield from node.file.write(runs))

    def write_compressed(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Write neighbouring runs compressed, where `can_compress`."""
        return (yield from self.write(node, runs))

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Write zeroes."""
        return (yield from node.file.write([(start, end, None)], zero=True, unmap=unmap))

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Discard."""
        return (yield from node.file.discard(start, end))

    def truncate(self, node: Node, size_bytes: int) -> Generator[None, None, str | None]:
        """Change the size, or say in QEMU's words why not."""
        if not self.is_filter:
            return "Image format driver does not support resize"
        return (yield from node.file.truncate(size_bytes))

    def flush(self, node: Node) -> Generator[None, None, int]:
        """Flush to the disk what it keeps itself; nodes below are flushed by `Node.flush`."""
        yield from ()
        return 0

    def flushed_children(self, node: Node) -> list[Child]:
        """Those that a flush of the node reaches, if they are written through it."""
        return node.children

    def status(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """Flags of the byte at `start` in this layer alone and where they stop holding, at most `end`."""
        return node.file.driver.status(node.file, start, end)

    def prepare_reopen(self, options: Mapping[str, Any]) -> Callable[[], None]:  # not all have any
        """Check new values of the options that a reopen may change; what makes them good.

        Raises:
            CommandFailed: they are refused.
        """
        return _nothing

    def zeroes_quickly(self) -> bool:
        """Whether zeroes can be written without sending them (BDRV_REQ_NO_FALLBACK); filters ask below."""
        return self.node.file.driver.zeroes_quickly()

    def status_limit(self, node: Node, start: int, end: int) -> int:
        """Where one question for the status of the byte at `start` stops at the latest, however it goes on there.

        `status` itself looks as far as `end`; a driver that keeps its tables in pieces answers for one of them.
        """
        return node.file.driver.status_limit(node.file, start, end) if self.is_filter else end

    def first_look_us(self) -> int:
        """What asking for block status costs now, because something has to be read first; nothing from then on."""
        return self.node.file.driver.first_look_us() if self.is_filter else 0

    def allocated(self, node: Node, start: int, end: int) -> tuple[int, int]:
        """As `status`, for those who ask only what this layer has allocated and not where it reads as zeroes."""
        return node.file.driver.allocated(node.file, start, end)

    def stored(self, node: Node, start: int, end: int) -> list[Run]:
        """What is there, looked at from outside: no request, no fault, no time."""
        return node.file.driver.stored(node.file, start, end)

    def host_offset(self, node: Node, offset: int) -> int | None:
        """Where in its first child a byte lies, None where it does not."""
        return offset if node.children else None

    def debug_event(self, node: Node, event: str) -> Iterable[None]:
        """A point in a request was reached; only blkdebug listens.

        Returns:
            one None for each time that the request is held; the caller yields from it.
        """
        return ()

    def zero_us(self, start: int, end: int) -> int | None:
        """What each aligned write of zeroes in a range costs, so that many can be one; None if they differ."""
        return self.node.file.driver.zero_us(start, end)

    def drain_begin(self) -> None:
        """The node is being drained: what the driver holds back itself has to go on."""

    def close(self) -> None:
        """The node goes away: write what has to be written."""


def _nothing() -> None:
    """There is nothing to make good."""
