"""blkdebug: fails requests by rules, counts its way through states by events, holds requests at breakpoints.

Source: QEMU block/blkdebug.c.
"""

from __future__ import annotations

from errno import EIO

from txsh.backends.base import NotSimulated
from txsh.backends.sim.driver.base import Driver
from txsh.backends.sim.permission import bits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence
    from typing import Any

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.loop import Coroutine
    from txsh.backends.sim.node import Child, Node
    from txsh.backends.sim.open import Opening

SECTOR_BYTES = 512
EVENTS = frozenset(
    {
        "cow_write",
        "flush_to_disk",
        "flush_to_os",
        "none",
        "pwritev",
        "pwritev_done",
        "pwritev_zero",
        "read_aio",
        "read_backing_aio",
        "write_aio",
    }
)
"""Those that the model's requests reach."""
_UNSEEN = """
    cluster_alloc cluster_alloc_bytes cluster_alloc_space cluster_free cor_write cow_read empty_image_prepare
    l1_grow_activate_table l1_grow_alloc_table l1_grow_write_table l1_shrink_free_l2_clusters l1_shrink_write_table
    l1_update l2_alloc_cow_read l2_alloc_write l2_load l2_update l2_update_compressed pwritev_rmw_after_head
    pwritev_rmw_after_tail pwritev_rmw_head pwritev_rmw_tail read_compressed refblock_alloc refblock_alloc_hookup
    refblock_alloc_switch_table refblock_alloc_write refblock_alloc_write_blocks refblock_alloc_write_table
    refblock_load refblock_update refblock_update_part reftable_grow reftable_load reftable_update vmstate_load
    vmstate_save write_compressed
    """
UNSEEN_EVENTS = frozenset(_UNSEEN.split())
"""The others of QEMU."""


class InjectRule:
    """One inject-error rule."""

    __slots__ = ("errno", "event", "immediately", "iotype", "offset", "once", "state")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.event: str = options["event"]
        self.state: int = options.get("state", 0)
        self.iotype: str | None = options.get("iotype")
        self.errno: int = options.get("errno", EIO)
        sector = options.get("sector", -1)
        self.offset: int | None = None if sector == -1 else sector * SECTOR_BYTES
        self.once: bool = options.get("once", False)
        self.immediately: bool = options.get("immediately", False)

    def matches(self, start: int, end: int, iotype: str) -> bool:
        """Whether a request over ``[start, end)`` of that type is one that it fails."""
        if self.iotype is None and iotype == "block-status":
            return False
        return self.iotype in (None, iotype) and (self.offset is None or start <= self.offset < end)


class BlkdebugDriver(Driver):
    """A filter with rules.

    Attributes:
        state: the current state, 1 at first.
    """

    name = "blkdebug"
    children = ("image",)
    options = frozenset({"inject-error", "set-state", "take-child-perms", "unshare-child-perms"})
    is_filter = True
    opens_files = True

    def __init__(self) -> None:
        super().__init__()
        self.state = 1
        self._injects: list[InjectRule] = []
        self._sets: list[tuple[str, int, int]] = []
        self._taken = 0
        self._unshared = 0
        self._active: list[InjectRule] = []
        self._breakpoints: list[tuple[str, str]] = []
        self._suspended: list[tuple[str, Coroutine]] = []

    def open(self, opening: Opening) -> None:
        """Read the rules, then attach the child."""
        options = opening.options
        self._injects = [InjectRule(rule) for rule in options.get("inject-error", ())]
        self._sets = [(rule["event"], rule.get("state", 0), rule["new_state"]) for rule in options.get("set-state", ())]
        self._taken = bits(options.get("take-child-perms", ()))
        self._unshared = bits(options.get("unshare-child-perms", ()))
        opening.open_child("image")
        self._fire("none")

    def child_permissions(self, child: Child, needed: int, shared: int) -> tuple[int, int]:
        """A filter's, and what it was told to take and not to share."""
        return needed | self._taken, shared & ~self._unshared

    def cluster_bytes(self) -> int | None:
        """That of the child."""
        return self.node.file.driver.cluster_bytes()

    def actual_bytes(self) -> int | None:
        """QEMU cannot tell."""
        return None

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Fail or pass on."""
        error = yield from self._check(start, end, "read")
        if error:
            return error, []
        return (yield from node.file.read(start, end))

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Fail or pass on."""
        error: int = yield from self._check(runs[0][0], runs[-1][1], "write")
        if error:
            return error
        return (yield from node.file.write(runs))

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Fail or pass on."""
        error: int = yield from self._check(start, end, "write-zeroes")
        if error:
            return error
        return (yield from node.file.write([(start, end, None)], zero=True, unmap=unmap))

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Fail or pass on."""
        error: int = yield from self._check(start, end, "discard")
        if error:
            return error
        return (yield from node.file.discard(start, end))

    def flush(self, node: Node) -> Generator[None, None, int]:
        """Fail or pass on."""
        error: int = yield from self._check(0, 0, "flush")
        if error:
            return error
        return (yield from node.file.flush())

    def debug_event(self, node: Node, event: str) -> Iterable[None]:
        """Take the rules of an event in the present state, and hold the request once for each of its breakpoints."""
        self._fire(event)
        reached = [each for each in self._breakpoints if each[0] == event]
        for each in reversed(reached):
            current = node.world.loop.current
            assert current is not None
            self._breakpoints.remove(each)
            self._suspended.insert(0, (each[1], current))
        return (None,) * len(reached)

    def zero_us(self, start: int, end: int) -> int | None:
        """That of the child, unless a rule might match or a breakpoint hold."""
        return None if self._injects or self._sets or self._breakpoints else super().zero_us(start, end)

    # Breakpoints, which the human monitor sets

    def add_breakpoint(self, event: str, tag: str) -> None:
        """Hold the next request that reaches an event; one that QEMU does not know is printed as an error and ignored.

        Raises:
            NotSimulated: an event of a format's tables, which the model does not make.
        """
        if event in UNSEEN_EVENTS and any(child.name == "file" for child in self.node.parents):
            raise NotSimulated(f"a breakpoint at {event}")
        if event in EVENTS or event in UNSEEN_EVENTS:
            self._breakpoints.append((event, tag))

    def remove_breakpoints(self, tag: str) -> None:
        """Take back all of that tag, and let every request go on that one of them holds."""
        self._breakpoints = [each for each in self._breakpoints if each[1] != tag]
        while self.resume(tag):
            pass

    def resume(self, tag: str) -> bool:
        """Let the request last held under a tag go on; False when there is none."""
        for each in self._suspended:
            if each[0] == tag:
                self._suspended.remove(each)
                self.node.world.loop.enter(each[1])
                return True
        return False

    def is_suspended(self, tag: str) -> bool:
        """Whether a request is held under a tag."""
        return any(held == tag for held, _ in self._suspended)

    def _fire(self, event: str) -> None:
        """An event makes active exactly its own inject rules, if any, then moves the state."""
        injected = False
        state = self.state
        for rule in reversed(self._injects):
            if rule.event == event and rule.state in (0, self.state):
                if not injected:
                    self._active = []
                    injected = True
                self._active.insert(0, rule)
        for of_event, old, new in reversed(self._sets):
            if of_event == event and old in (0, self.state):
                state = new
        self.state = state

    def _check(self, start: int, end: int, iotype: str) -> Generator[None, None, int]:
        rule = next((rule for rule in self._active if rule.matches(start, end, iotype)), None)
        if rule is None or not rule.errno:
            return 0
        if rule.once:
            self._active.remove(rule)
            self._injects.remove(rule)
        if not rule.immediately:
            loop = self.node.world.loop
            assert loop.current is not None
            loop.schedule_coroutine(loop.current)
            yield
        return rule.errno
