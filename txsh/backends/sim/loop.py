"""The model's event loop: bottom halves, coroutines, timers, in QEMU's order and on a virtual clock.

Knows nothing of blocks or jobs. Time is whole microseconds and moves only when nothing is runnable.
"""

from __future__ import annotations

from heapq import heappop, heappush

from txsh.backends.base import BackendHung

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any


class Coroutine:
    """A generator that runs until it yields and goes on when somebody enters or wakes it."""

    __slots__ = ("finished", "generator", "pending", "result")

    def __init__(self, generator: Generator[None, None, Any]) -> None:
        self.generator = generator
        self.finished = False
        self.result: Any = None
        self.pending: list[Coroutine] = []


class Timer:
    """One appointment; `cancel` takes it back."""

    __slots__ = ("callback", "time_us")

    def __init__(self, time_us: int, callback: Callable[[], None]) -> None:
        self.time_us = time_us
        self.callback: Callable[[], None] | None = callback

    @property
    def pending(self) -> bool:
        """Whether it is still going to fire."""
        return self.callback is not None

    def cancel(self) -> None:
        """Make sure that it never fires."""
        self.callback = None


class EventLoop:
    """Runs callbacks and coroutines; nested polling is allowed from anywhere.

    Attributes:
        now_us: the virtual clock.
        steps: how many callbacks and coroutine entries were run, a measure of cost that no clock disturbs.
    """

    __slots__ = ("_at_once", "_current", "_halves", "_scheduled", "_sequence", "_slices", "_timers", "now_us", "steps")

    def __init__(self) -> None:
        self.now_us = 0
        self.steps = 0
        self._halves: list[Callable[[], None]] = []
        self._slices: list[list[Callable[[], None]]] = []
        self._scheduled: list[Coroutine] = []
        self._timers: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self._current: Coroutine | None = None
        self._at_once = False

    @property
    def current(self) -> Coroutine | None:
        """The coroutine that is running, None in the main loop itself."""
        return self._current

    def step_out(self) -> Coroutine | None:
        """Go on as the main loop does, until `step_in` with what this gives: for what no coroutine may do."""
        outer, self._current = self._current, None
        return outer

    def step_in(self, outer: Coroutine | None) -> None:
        """Take `step_out` back."""
        self._current = outer

    def schedule(self, callback: Callable[[], None]) -> None:
        """Run a bottom half at the next poll; of several the last scheduled runs first.

        Source: QEMU util/async.c, aio_bh_enqueue.
        """
        self._halves.append(callback)

    def schedule_coroutine(self, coroutine: Coroutine) -> None:
        """Enter a coroutine at the next poll; of several the first scheduled runs first.

        Source: QEMU util/async.c, co_schedule_bh_cb reverses its list.
        """
        if not self._scheduled:
            self.schedule(self._enter_scheduled)
        self._scheduled.append(coroutine)

    def call_at(self, time_us: int, callback: Callable[[], None]) -> Timer:
        """Make an appointment; those of one moment keep the order in which they were made."""
        timer = Timer(max(time_us, self.now_us), callback)
        self._sequence += 1
        heappush(self._timers, (timer.time_us, self._sequence, timer))
        return timer

    def enter(self, coroutine: Coroutine) -> None:
        """Run a coroutine now, nested in whatever runs, then those that it woke.

        Source: QEMU util/qemu-coroutine.c, qemu_aio_coroutine_enter: woken ones run depth first.
        """
        waiting = [coroutine]
        while waiting:
            runner = waiting.pop(0)
            outer, self._current = self._current, runner
            self.steps += 1
            try:
                runner.generator.send(None)
            except StopIteration as stop:
                runner.finished = True
                runner.result = stop.value
            finally:
                self._current = outer
            if runner.pending:
                waiting[:0] = runner.pending
                runner.pending = []

    def wake(self, coroutine: Coroutine) -> None:
        """Let a coroutine go on: at once from the main loop, after the running one has yielded from a coroutine.

        Source: QEMU util/async.c, aio_co_enter.
        """
        if self._current is None:
            self.enter(coroutine)
        else:
            self._current.pending.append(coroutine)

    def start(self, generator: Generator[None, None, Any]) -> Coroutine:
        """Make a coroutine and run it until it first yields."""
        coroutine = Coroutine(generator)
        self.enter(coroutine)
        return coroutine

    def run_at_once(self, generator: Generator[None, None, Any]) -> Any:
        """Do a request's work in no time, where its time was reckoned apart.

        The request must not wait for anything but `sleep_us`.
        """
        outer, self._at_once = self._at_once, True
        try:
            generator.send(None)
        except StopIteration as stop:
            return stop.value
        finally:
            self._at_once = outer
        raise AssertionError("a request reckoned as uniform has waited")

    def sleep_us(self, duration_us: int) -> Generator[None, None, None]:
        """Let virtual time pass in the running coroutine; none passes inside `run_at_once`."""
        if self._at_once:
            return
        coroutine = self._current
        assert coroutine is not None
        self.call_at(self.now_us + duration_us, lambda: self.wake(coroutine))
        yield

    def run_ready(self) -> None:
        """Run what is runnable at this moment, without moving the clock."""
        while self._halves or self._due():
            self.poll()

    def run_halves(self) -> bool:
        """Run the bottom halves; a nested call goes on with those of the outer one. Source: aio_bh_poll."""
        self._slices.append(self._halves)
        self._halves = []
        progress = False
        while self._slices:
            if not self._slices[0]:
                self._slices.pop(0)
                continue
            progress = True
            self.steps += 1
            self._slices[0].pop()()
        return progress

    def poll(self) -> bool:
        """Run the bottom halves and the timers that are due; False when there was nothing to run."""
        progress = self.run_halves()
        while not self._halves and self._due():
            timer = heappop(self._timers)[2]
            callback, timer.callback = timer.callback, None
            if callback is not None:
                progress = True
                self.steps += 1
                callback()
        return progress

    def next_time_us(self) -> int | None:
        """When the next appointment is; None when there is none."""
        while self._timers and not self._timers[0][2].pending:
            heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def advance(self, limit_us: int | None = None) -> bool:
        """Move the clock to the next appointment and keep it; False when there is none up to the limit."""
        time_us = self.next_time_us()
        if time_us is None or (limit_us is not None and time_us > limit_us):
            return False
        self.now_us = max(self.now_us, time_us)
        self.poll()
        return True

    def wait_while(self, condition: Callable[[], bool]) -> None:
        """Poll, moving the clock as needed, until the condition is false; a nested loop as in QEMU.

        Raises:
            BackendHung: nothing is left that could ever make it false. QEMU's main loop waits for ever here.
        """
        outer, self._current = self._current, None
        try:
            while condition():
                if not self.poll() and not self.advance():
                    raise BackendHung("QEMU never answers here: its main loop waits for something that never comes")
        finally:
            self._current = outer

    def _due(self) -> bool:
        time_us = self.next_time_us()
        return time_us is not None and time_us <= self.now_us

    def _enter_scheduled(self) -> None:
        coroutines, self._scheduled = self._scheduled, []
        for coroutine in coroutines:
            self.enter(coroutine)
