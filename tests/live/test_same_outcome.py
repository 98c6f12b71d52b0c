"""What would kill or hang a QEMU 7.2, and names that nobody would give: the same outcome on every backend."""

from __future__ import annotations

import json
import re

import pytest

from tests.live.run import Run

pytestmark = pytest.mark.live

LIVE = ("qsd", "qemu")
CLOCK = re.compile(r" +(job \S+ (running|waiting|pending|aborting): |bitmap \S+: free$)")
"""How far a job has got by the end of a statement, and whether its bitmap is free, is the clock's doing there."""
WORLD = """\
drive d 1M
drive e 1M
drive g 1M
target t 1M
target u 1M
bitmap-add d.b
bitmap-add e.b
write d 0+128K
"""
ALWAYS = "backup d to=t bitmap=b sync=bitmap bitmap-mode=always"
DEFECTS = f"""\
transaction < bitmap-enable d.nope > fails "Dirty bitmap 'nope' not found"                                   # B1
transaction < bitmap-clear d.b; bitmap-enable d.nope > fails "Dirty bitmap 'nope' not found"
transaction completion-mode=grouped < bitmap-enable d.b > fails "*does not support*grouped"
transaction < bitmap-merge d.b from=[] > fails "*at least one bitmap"                                        # B2
bitmap-merge d.b from=[] fails "*at least one bitmap"
transaction completion-mode=grouped < backup d to=t; backup e to=u; bitmap-clear d.b > fails "*grouped"      # B3
transaction cancel=all < backup d to=t; backup e to=u bitmap=nope > fails "Bitmap 'nope' could not be found"
transaction cancel=all < backup d to=t; backup e to=u; backup g to=d > fails "*Permission conflict on node 'd'*"
transaction < bitmap-clear d.b; {ALWAYS}; bitmap-clear d.nope > fails "Dirty bitmap 'nope' not found"        # B9
transaction < {ALWAYS}; abort > fails "Transaction aborted using Abort action"
expect bitmap d.b dirty=[0+128K] recording
backup d to=t bitmap=b job=j hold=0
transaction < bitmap-enable d.b > fails "Bitmap 'b' is currently in use by another operation*"               # B4
cancel j
wait
expect bitmap d.b dirty=[0+128K] recording
"""
NAMES = ["b" * 1023, '"', "a\nb", "\x1b[31mred", "\u202e", "\U0001f600" * 255, "a.b", "\\", " "]


@pytest.fixture
def backends(installed: tuple[int, int]) -> tuple[str, ...]:
    """The simulator of the installed version, and the two programs of that."""
    return (f"sim:{installed[0]}.{installed[1]}", *LIVE)


def outcome(text: str, backend: str) -> tuple[int, str, list[str], str]:
    """Exit code, verdict, the lines of the story in order but those that the clock decides, and what went wrong."""
    with Run(text, "-b", backend) as run:
        code, output, error = run.end()
        assert run.left() == []
    _, *story, verdict = output.splitlines()
    return code, verdict, [line for line in story if not CLOCK.match(line)], error


def test_no_script_walks_into_a_defect_and_all_say_the_same(backends: tuple[str, ...]) -> None:
    first, *others = [outcome(WORLD + DEFECTS, backend) for backend in backends]

    assert (first[0], first[1], first[3]) == (0, "passed", "")
    assert others == [first, first]


def test_any_name_that_qemu_takes_goes_through_everything(backends: tuple[str, ...]) -> None:
    lines = [WORLD]
    for name in NAMES:
        bitmap = f"d.{json.dumps(name)}"
        lines.append(f"bitmap-add {bitmap}\nwrite d 0+128K\nexpect bitmap {bitmap} dirty=[0+128K]\n")
        clear = f"bitmap-clear d.b; bitmap-disable {bitmap}; backup d bitmap={json.dumps(name)} to=t job=j"
        lines.append(f"transaction cancel=all < {clear} >\nwait\nexpect group committed\n")
        lines.append(f"expect bitmap {bitmap} dirty=[] recording=false\nbitmap-remove {bitmap}\n")

    first, *others = [outcome("".join(lines), backend) for backend in backends]

    assert (first[0], first[1], first[3]) == (0, "passed", "")
    assert others == [first, first]
    assert "\x1b" not in "".join(first[2])
