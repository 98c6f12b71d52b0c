"""throttle: lets requests pass as fast as its group's limits allow; while it is drained it lets all of them pass.

Source: QEMU block/throttle.c, block/throttle-groups.c (throttle_group_co_io_limits_intercept).
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.driver.base import Driver
from txsh.backends.sim.throttle_group import ThrottleGroup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from txsh.backends.sim.content import Run
    from txsh.backends.sim.loop import Coroutine, Timer
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.open import Opening


class ThrottleDriver(Driver):
    """A member of a throttle group."""

    name = "throttle"
    can_compress = True
    is_filter = True
    options = frozenset({"throttle-group"})
    group: ThrottleGroup

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, list[Coroutine]] = {"read": [], "write": []}
        self._timers: dict[str, Timer | None] = {"read": None, "write": None}

    def open(self, opening: Opening) -> None:
        """Attach the child, join the group.

        Raises:
            CommandFailed: there is no such group.
        """
        opening.open_child("file")
        name: str = opening.options["throttle-group"]
        group = opening.world.objects.get(name)
        if not isinstance(group, ThrottleGroup):
            raise CommandFailed("GenericError", f"Throttle group '{name}' does not exist")
        self.group = group
        group.members += 1

    def close(self) -> None:
        """Leave the group."""
        if hasattr(self, "group"):
            self.group.members -= 1

    def read(self, node: Node, start: int, end: int) -> Generator[None, None, tuple[int, list[Run]]]:
        """Wait, read."""
        yield from self._pass("read", end - start)
        return (yield from node.file.read(start, end))

    def write(self, node: Node, runs: Sequence[Run]) -> Generator[None, None, int]:
        """Wait, write."""
        yield from self._pass("write", runs[-1][1] - runs[0][0])
        return (yield from node.file.write(runs))

    def zero(self, node: Node, start: int, end: int, unmap: bool) -> Generator[None, None, int]:
        """Wait, write zeroes."""
        yield from self._pass("write", end - start)
        return (yield from node.file.write([(start, end, None)], zero=True, unmap=unmap))

    def discard(self, node: Node, start: int, end: int) -> Generator[None, None, int]:
        """Wait, discard."""
        yield from self._pass("write", end - start)
        return (yield from node.file.discard(start, end))

    def zero_us(self, start: int, end: int) -> int | None:
        """Each request waits for those before it."""
        return None

    def drain_begin(self) -> None:
        """Let all who wait go."""
        for direction, waiting in self._waiting.items():
            timer = self._timers[direction]
            if timer is not None:
                timer.cancel()
                self._timers[direction] = None
            while waiting:
                self.node.world.loop.enter(waiting.pop(0))

    def _pass(self, direction: str, length: int) -> Generator[None, None, None]:
        loop = self.node.world.loop
        if not self.node.quiesce_count and (self._waiting[direction] or self._must_wait(direction)):
            assert loop.current is not None
            self._waiting[direction].append(loop.current)
            yield
        self.group.account(direction, length)
        if self._waiting[direction] and not self._must_wait(direction):
            loop.schedule(lambda: self._let_one_go(direction))

    def _must_wait(self, direction: str) -> bool:
        """Whether the next one has to wait; then a timer will let it go."""
        if self._timers[direction] is not None:
            return True
        wait_us = self.group.wait_us(direction)
        if not wait_us:
            return False
        loop = self.node.world.loop
        self._timers[direction] = loop.call_at(loop.now_us + wait_us, lambda: self._let_one_go(direction))
        return True

    def _let_one_go(self, direction: str) -> None:
        self._timers[direction] = None
        if self._waiting[direction]:
            self.node.world.loop.enter(self._waiting[direction].pop(0))
