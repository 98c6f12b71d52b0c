"""``python -m tests.agreement_script FIRST [LAST [FOLDER]]``: run random scripts on the simulator and real QEMUs.

The version is that of the QEMU that is first on the path.
Scripts that part are kept in the folder. A path instead of FIRST runs that script.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from tests.agreement_script.author import script
from tests.agreement_script.outcome import differences, installed, real, simulated

_PROGRAMS = ("qsd", "qemu-system")


def main(words: list[str]) -> int:
    """Compare, and say where they part."""
    version = installed(_PROGRAMS[0])
    if not words[0].isdigit():
        found = compare(Path(words[0]).read_text(), _PROGRAMS, version)
        sys.stdout.write(f"{found or 'the same'}\n")
        return 1 if found else 0
    first = int(words[0])
    last = int(words[1]) if words[1:] else first
    parted = 0
    for seed in range(first, last + 1):
        text = ""
        try:
            text = script(seed, version)
            found = compare(text, (_PROGRAMS[seed % 2],), version)
        except Exception:  # noqa: BLE001 one broken script must not end the search
            found = traceback.format_exc(limit=-8)
        if found:
            parted += 1
            sys.stdout.write(f"seed {seed} (first: simulator, second: QEMU)\n{found}\n")
            sys.stdout.flush()
            if words[2:]:
                (Path(words[2]) / f"seed-{seed}.txsh").write_text(text)
    sys.stdout.write(f"{parted} of {last - first + 1} part\n")
    return 1 if parted else 0


def compare(text: str, programs: tuple[str, ...], version: tuple[int, int]) -> str:
    """Where a script comes to something else on a real QEMU than in the simulator; "" when nowhere."""
    mine = simulated(text, version)
    left = mine["left"]
    problems = [f"simulator: {left} left"] if left.get("helpers") or left.get("nodes") else []
    for program in programs:
        problems += [f"{program}: {line}" for line in differences(mine, real(text, program))[:3]]
    return "\n".join(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
