"""The event loop: who runs when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from txsh.backends.base import BackendLost
from txsh.backends.sim.loop import Coroutine, EventLoop

if TYPE_CHECKING:
    from collections.abc import Generator


def test_of_several_bottom_halves_the_last_scheduled_runs_first() -> None:
    loop, ran = EventLoop(), []
    for name in "abc":
        loop.schedule(lambda name=name: ran.append(name))  # type: ignore[misc]
    loop.poll()
    assert ran == ["c", "b", "a"]


def test_a_bottom_half_scheduled_by_another_waits_for_the_next_poll() -> None:
    loop, ran = EventLoop(), []
    loop.schedule(lambda: ran.append("old"))
    loop.schedule(lambda: loop.schedule(lambda: ran.append("new")))
    loop.poll()
    assert ran == ["old"]
    loop.poll()
    assert ran == ["old", "new"]


def test_of_several_scheduled_coroutines_the_first_runs_first() -> None:
    loop = EventLoop()
    ran: list[str] = []
    for name in "abc":
        loop.schedule_coroutine(Coroutine(_noting(ran, name)))
    loop.run_ready()
    assert ran == ["a", "b", "c"]


def test_a_coroutine_woken_by_another_runs_once_that_one_yields() -> None:
    loop = EventLoop()
    ran: list[str] = []
    woken = Coroutine(_noting(ran, "woken"))

    def waker() -> Generator[None, None, None]:
        loop.wake(woken)
        ran.append("waker goes on")
        yield

    loop.start(waker())
    assert ran == ["waker goes on", "woken"]


def test_coroutines_woken_by_a_woken_one_run_before_those_that_wait_longer() -> None:
    loop = EventLoop()
    ran: list[str] = []
    deep = Coroutine(_noting(ran, "deep"))

    def first() -> Generator[None, None, None]:
        loop.wake(deep)
        ran.append("first")
        yield

    def outer() -> Generator[None, None, None]:
        loop.wake(Coroutine(first()))
        loop.wake(Coroutine(_noting(ran, "second")))
        yield

    loop.start(outer())
    assert ran == ["first", "deep", "second"]


def test_a_coroutine_woken_from_the_main_loop_runs_at_once() -> None:
    loop = EventLoop()
    ran: list[str] = []
    loop.wake(Coroutine(_noting(ran, "now")))
    assert ran == ["now"]


def test_appointments_of_one_moment_keep_the_order_in_which_they_were_made() -> None:
    loop, ran = EventLoop(), []
    for time_us, name in ((20, "c"), (10, "a"), (10, "b")):
        loop.call_at(time_us, lambda name=name: ran.append(name))  # type: ignore[misc]
    assert loop.advance()
    assert (ran, loop.now_us) == (["a", "b"], 10)


def test_time_does_not_move_while_something_is_runnable() -> None:
    loop = EventLoop()
    seen: list[int] = []
    loop.call_at(50, lambda: None)
    loop.schedule(lambda: seen.append(loop.now_us))
    loop.run_ready()
    assert (seen, loop.now_us) == ([0], 0)


def test_advance_keeps_to_its_limit() -> None:
    loop = EventLoop()
    loop.call_at(50, lambda: None)
    assert not loop.advance(49)
    assert loop.now_us == 0
    assert loop.advance(50)


def test_a_cancelled_appointment_is_not_kept_and_moves_no_clock() -> None:
    loop = EventLoop()
    ran: list[str] = []
    loop.call_at(10, lambda: ran.append("no")).cancel()
    assert not loop.advance()
    assert (ran, loop.now_us) == ([], 0)


def test_waiting_moves_the_clock_until_the_condition_is_false() -> None:
    loop = EventLoop()
    done: list[int] = []
    loop.call_at(30, lambda: done.append(loop.now_us))
    loop.call_at(90, lambda: done.append(loop.now_us))
    loop.wait_while(lambda: not done)
    assert done == [30]


def test_waiting_for_what_never_comes_is_a_hang_of_qemu() -> None:
    with pytest.raises(BackendLost, match="never answers"):
        EventLoop().wait_while(lambda: True)


def _noting(ran: list[str], name: str) -> Generator[None, None, None]:
    ran.append(name)
    yield
