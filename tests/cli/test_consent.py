"""Asking before something is lost on a QEMU that somebody else runs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, cast

import pytest

from tests.binding import plan_of
from txsh.check.known import Known
from txsh.check.loss import Standing
from txsh.cli.consent import Consent
from txsh.cli.interrupt import Interrupt, Interrupted
from txsh.report.diagnostic import render

if TYPE_CHECKING:
    from txsh.cli.output import Output

THERE = Standing(nodes=frozenset({"d"}), bitmaps=frozenset({("d", "b")}))
PLAN = plan_of("bitmap-clear d.b\nwrite d 0+64K\n", Known(nodes=THERE.nodes, attached=True))
QUESTION = """\
This would be lost on qmp:/x:
  test.txsh:1:1: forgets the dirty bits of bitmap d.b
  test.txsh:2:1: overwrites node d
Go on? [y/N] """


class Terminal:
    """Standard input and error at once: says an answer, keeps what is written."""

    interactive = True

    def __init__(self, answer: str | Exception = "", *, signal_number: int = 0) -> None:
        self._answer = answer
        self.written = ""
        self._signal = signal_number

    def write_error(self, text: str) -> None:
        self.written += text

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        if self._signal:
            signal.raise_signal(self._signal)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def ask(monkeypatch: pytest.MonkeyPatch, terminal: Terminal, *, given: bool = False) -> list[str]:
    """What is said when the plan may not be run."""
    monkeypatch.setattr("sys.stdin", terminal)
    with Interrupt() as interrupt:
        interrupt.react = lambda: pytest.fail("the question was not what the signal broke off")
        consent = Consent(cast("Output", terminal), interrupt, given=given, backend="qmp:/x")
        return [render(finding) for finding in consent.missing((PLAN,), THERE)]


@pytest.mark.parametrize("answer", ["y\n", "Yes\n", " y \n"])
def test_a_yes_lets_it_run(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    terminal = Terminal(answer)
    assert ask(monkeypatch, terminal) == []
    assert terminal.written == QUESTION


GONE = OSError(5, "Input/output error")
NO_TEXT = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "yeah\n", GONE, NO_TEXT])
def test_everything_else_is_a_no(monkeypatch: pytest.MonkeyPatch, answer: str | Exception) -> None:
    (finding,) = ask(monkeypatch, Terminal(answer))
    assert finding.startswith(
        "error[would-be-lost]: it forgets the dirty bits of bitmap d.b, and what qmp:/x had before this run is lost "
        "only with --yes\n"
    )


def test_nobody_is_asked_who_said_yes_already(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    assert ask(monkeypatch, terminal, given=True) == []
    assert terminal.written == ""


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal("y\n")
    terminal.interactive = False
    assert len(ask(monkeypatch, terminal)) == 1
    assert terminal.written == ""


def test_ctrl_c_breaks_the_question_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Interrupted):
        ask(monkeypatch, Terminal("y\n", signal_number=signal.SIGINT))


def test_a_signal_that_came_just_before_the_question_breaks_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal("y\n")
    monkeypatch.setattr("sys.stdin", terminal)
    with Interrupt() as interrupt:
        interrupt.react = lambda: None
        signal.raise_signal(signal.SIGTERM)
        consent = Consent(cast("Output", terminal), interrupt, given=False, backend="qmp:/x")
        with pytest.raises(Interrupted):
            consent.missing((PLAN,), THERE)
    assert terminal.written == ""


def test_a_signal_while_the_question_is_written_breaks_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal("y\n")
    monkeypatch.setattr(terminal, "write_error", lambda _: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        ask(monkeypatch, terminal)
