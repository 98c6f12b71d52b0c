"""``python -m tests.agreement_wire FIRST [LAST [FOLDER]]``: conversations with ``txsh serve`` and a real QEMU.

The real one is the first on PATH; the simulator takes its profile.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.agreement_wire.conversation import hold

_SHORT = 1000
"""How much of each is shown; the folder has all."""


def main(words: list[str]) -> int:
    """Hold a range of conversations, say where they part, and keep those in a folder."""
    first = int(words[0])
    last = int(words[1]) if words[1:] else first
    counts = {"same": 0, "parted": 0, "not simulated": 0}
    for seed in range(first, last + 1):
        outcome = hold(seed)
        counts[outcome.verdict] += 1
        if outcome.verdict != "same":
            last_words = "\n".join(outcome.lines[-1:])[:_SHORT]
            sys.stdout.write(
                f"seed {seed} {outcome.program}: {outcome.verdict}: {last_words}\n  {outcome.detail[:_SHORT]}\n"
            )
            sys.stdout.flush()
            if words[2:]:
                text = "\n".join([*outcome.lines, outcome.detail, ""])
                (Path(words[2]) / f"seed-{seed}.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(", ".join(f"{name} {count}" for name, count in counts.items()) + "\n")
    return 1 if counts["parted"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
