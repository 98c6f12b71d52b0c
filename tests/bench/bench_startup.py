"""What a start of txsh costs, as ratios to `python -c 'import lark'` in the same run.

`python tests/bench/bench_startup.py [ROUNDS]`. Every round runs each command once, in turn; CPU time of the child, user
and system, is what counts, and the median of the ratios within a round is printed. Bytecode is cached in a folder of
its own, filled before the first round.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

CHECKOUT = Path(__file__).parent.parent.parent
LINE = "transaction cancel=all < backup drive0; bitmap-clear drive1.b0 >"
BASE = "import lark"
ENTRY = "import sys; from txsh.cli.main import main; sys.exit(main())"
"""What the installed console script does."""

ROUNDS = 30
LIVE = "the same on qsd, the daemon's own time included"
GOALS = {"txsh --version": 0.45, "txsh run, one line": 1.0}


def commands(script: str) -> dict[str, list[str]]:
    live = {LIVE: [sys.executable, "-c", ENTRY, "-b", "qsd", "run", script]}
    return {
        BASE: [sys.executable, "-c", BASE],
        "pass": [sys.executable, "-c", "pass"],
        "txsh --version": [sys.executable, "-c", ENTRY, "--version"],
        "txsh run, one line": [sys.executable, "-c", ENTRY, "run", script],
        "txsh -c, a transaction with cancel=all": [sys.executable, "-c", ENTRY, "-c", LINE],
        **(live if shutil.which("qemu-storage-daemon") else {}),
    }


def cpu_seconds(words: list[str], environment: dict[str, str]) -> float:
    """CPU time of one child."""
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, words
    return usage.ru_utime + usage.ru_stime


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "one.txsh"
        script.write_text("drive drive0 64M\n")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= {"PYTHONPATH": str(CHECKOUT), "PYTHONPYCACHEPREFIX": folder}
        every = commands(str(script))
        for words in every.values():
            cpu_seconds(words, environment)
        times: dict[str, list[float]] = {name: [] for name in every}
        for _ in range(rounds):
            for name, words in every.items():
                times[name].append(cpu_seconds(words, environment))
    print(f"{rounds} rounds, CPU time; {BASE} takes {1000 * median(times[BASE]):.1f} ms")
    for name, seconds in times.items():
        ratio = median(own / base for own, base in zip(seconds, times[BASE], strict=True))
        goal = f"   goal {GOALS[name]:.2f}" if name in GOALS else ""
        print(f"  {name:48} {ratio:5.2f} x{goal}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
