"""``python -m tests.replay [--real] [--strict] [FILE...]``: replay recordings and say what came of each."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from tests.replay.player import Outcome, replay
from tests.replay.real import RealTarget
from tests.replay.recording import Recording, all_recordings, read
from tests.replay.simulator import SimulatedTarget


def main(words: list[str]) -> int:
    """Replay what is named, or all, against the simulator or (``--real``) the installed QEMU."""
    real, strict = "--real" in words, "--strict" in words
    paths = [Path(word) for word in words if not word.startswith("--")] or all_recordings()
    counts = {"same": 0, "DIFFERS": 0, "not simulated": 0, "BROKEN": 0}
    for path in paths:
        verdict, detail = _one(read(path), real=real, strict=strict)
        counts[verdict] += 1
        if verdict != "same" or len(paths) == 1:
            sys.stdout.write(f"{verdict}: {path.name}\n{detail}\n")
            sys.stdout.flush()
    sys.stdout.write(", ".join(f"{name} {count}" for name, count in counts.items()) + f" of {len(paths)}\n")
    return 0 if counts["same"] == len(paths) else 1


def _one(recording: Recording, *, real: bool, strict: bool) -> tuple[str, str]:
    try:
        target = RealTarget() if real else SimulatedTarget(recording.version)
        outcome: Outcome = replay(recording, target, strict=strict)
    except Exception:  # noqa: BLE001 a half-built model may fail anywhere; the others are still worth a try
        return "BROKEN", traceback.format_exc(limit=-6)
    if outcome.mismatch:
        return "DIFFERS", f"  {outcome.mismatch}"
    if outcome.missing:
        return "not simulated", f"  {', '.join(outcome.missing)}"
    return "same", f"  {outcome.compared} compared"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
