"""The last resort: a mistake of txsh itself."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from txsh.cli import run, text
from txsh.cli.interrupt import Interrupt, Interrupted
from txsh.cli.main import main

if TYPE_CHECKING:
    from txsh.cli.arguments import Arguments
    from txsh.cli.output import Output


def fail(_arguments: Arguments, _output: Output) -> int:
    raise AssertionError("the world is flat")


def test_a_mistake_of_txsh_is_confessed_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "main", fail)
    assert main(["run", "a.txsh"]) == 4
    error = capsys.readouterr().err
    assert error.startswith("txsh: a mistake of txsh itself, not of your script: AssertionError: the world is flat at ")
    assert "test_main.py" in error
    assert "Traceback" not in error


def test_debug_shows_where_txsh_is_at_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(text, "main", fail)
    assert main(["--debug", "-c", ""]) == 4
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_the_first_signal_is_kept_until_the_run_can_be_broken_off() -> None:
    with Interrupt() as interrupt:
        interrupt.check()
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted) as caught:
            interrupt.check()
        interrupt.check()
    assert caught.value.number == signal.SIGTERM


def test_a_signal_before_anything_has_begun_breaks_off_at_once() -> None:
    with Interrupt() as interrupt:
        interrupt.raise_from_here()
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGHUP)


def test_a_signal_that_was_kept_is_raised_when_none_is_kept_any_more() -> None:
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(Interrupted):
            interrupt.raise_from_here()


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            signal.raise_signal(signal.SIGHUP)
            assert interrupt.number == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_second_signal_breaks_off_at_once() -> None:
    with Interrupt():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)


def test_signals_are_as_before_when_the_run_is_over() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
