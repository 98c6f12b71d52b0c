"""No script, right or wrong, makes txsh itself fail; what the simulator cannot do it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from txsh.cli.code import FAILED, PASSED, WRONG
from txsh.cli.main import main

if TYPE_CHECKING:
    import pytest

NODES = ("drive0", "drive1", "t")
BITMAPS = ("drive0.b0", "drive1.b0", "drive0.new", "drive1.new", "t.none")
SIZES = ("512", "64K", "1M", "64M", "1T")
RANGES = ("0+64K", "1M+1M", "0+64M", "63M+2M", "512+1")


def line(*choices: tuple[str, ...] | str) -> st.SearchStrategy[str]:
    """A line of words, each one of the choices; an empty one is left out."""
    words = [st.just(choice) if isinstance(choice, str) else st.sampled_from(choice) for choice in choices]
    return st.tuples(*words).map(lambda parts: " ".join(part for part in parts if part))


GRANULARITY = ("", "granularity=512", "granularity=1M", "granularity=3")
WHAT = ("", "bitmap=b0", "bitmap=new", "sync=top", "sync=none", "sync=bitmap bitmap=b0")
MODE = ("", "bitmap-mode=always", "bitmap-mode=never", "bitmap-mode=on-success")
HOW = ("", "hold=0", "hold=64K", "hold=192K", "speed=1M", "auto-finalize=false", "auto-dismiss=false", "compress")
ACTION = st.one_of(
    line("bitmap-add", BITMAPS, GRANULARITY, ("", "persistent"), ("", "disabled")),
    line(("bitmap-clear", "bitmap-remove", "bitmap-enable", "bitmap-disable"), BITMAPS),
    line("bitmap-merge", BITMAPS, ("from=b0", "from=[b0, new]", "from=drive1.b0", "from=[]")),
    line("backup", NODES, ("", "to=t", "to=drive1"), ("job=j", "job=k"), WHAT, MODE, HOW),
)
TRANSACTION = st.builds(
    lambda options, actions: f"transaction {options} < {'; '.join(actions)} >",
    st.sampled_from(["", "cancel=jobs", "cancel=all", "completion-mode=grouped"]),
    st.lists(ACTION | st.just("abort"), max_size=5),
)
DRIVE = ("", "backing=drive0", "format=raw", "format=null-co", "readonly")
STATEMENT = st.one_of(
    TRANSACTION,
    ACTION,
    line(("drive", "target"), ("u", "v"), SIZES, DRIVE),
    line(("write", "zero", "discard", "read"), NODES, RANGES),
    line(("flush", "unfault"), NODES),
    line("fault", NODES, ("read", "write", "flush"), ("", "at=64K", "after=1"), ("", "errno=ENOSPC"), ("", "once")),
    line("wait", ("", "timeout=1s", "for=pending", "for=paused")),
    line("expect bitmap", BITMAPS, ("", "count=0", "dirty=[]", "recording", "busy")),
    line("expect data", NODES, ("same=drive0", "0+64K pattern=0")),
    line("show", ("", "bitmaps", "jobs", "nodes", "events", "drive0")),
)
STARTED = "backup drive1 to=other job=j hold=64K"
END = line(
    ("wait j", "cancel j", "release j", "expect job j completed", 'expect job j failed "*"', "expect group committed")
)
SCRIPT = st.lists(st.one_of(STATEMENT, STATEMENT, STATEMENT.map("{} fails".format), END), max_size=12)
LETTERS = (*'<>;[]{}#"\\=\n ', "transaction", "drive0.b0", "fails", "64K")


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """Run txsh in this process; what it says at its own fault is the test's failure."""
    code = main(words)
    error = capsys.readouterr().err
    assert code in (PASSED, FAILED, WRONG) or "error[not-simulated]" in error, error


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SCRIPT)
def test_any_script_of_right_words_is_answered(capsys: pytest.CaptureFixture[str], lines: list[str]) -> None:
    answer(capsys, "-c", "\n".join(("target t 64M", "target other 64M", STARTED, *lines)))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.lists(st.sampled_from(LETTERS)).map("".join))
def test_any_text_is_answered(capsys: pytest.CaptureFixture[str], text: str) -> None:
    answer(capsys, "--format=json", "-c", text)
