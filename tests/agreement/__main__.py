"""``python -m tests.agreement [--strict] FIRST [LAST [FOLDER]]``: random conversations with the simulator and a QEMU.

The simulator models the version of the QEMU that is first on the path.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from tests.agreement.conversation import conversation
from tests.agreement.recorder import REST_SECONDS
from tests.replay.installed import installed_version
from tests.replay.player import replay
from tests.replay.real import RealTarget

if TYPE_CHECKING:
    from tests.replay.recording import Recording


def main(words: list[str]) -> int:
    """Compare a range of seeds, say where they part, and keep those conversations in a folder."""
    version = installed_version()
    strict, words = "--strict" in words, [word for word in words if word != "--strict"]
    first = int(words[0])
    last = int(words[1]) if words[1:] else first
    parted = 0
    for seed in range(first, last + 1):
        recording = None
        try:
            recording = conversation(seed, version)
            text = replay(recording, RealTarget(), strict=strict, rest_seconds=REST_SECONDS).mismatch
        except Exception:  # noqa: BLE001 one broken conversation must not end the search
            text = traceback.format_exc(limit=-8)
        if text:
            parted += 1
            sys.stdout.write(f"seed {seed} (expected: simulator, got: QEMU)\n{text}\n")
            sys.stdout.flush()
            if recording is not None and words[2:]:
                _keep(recording, Path(words[2]) / f"seed-{seed}.jsonl")
    sys.stdout.write(f"{parted} of {last - first + 1} part\n")
    return 1 if parted else 0


def _keep(recording: Recording, path: Path) -> None:
    lines = [json.dumps({"dir": line.kind, "msg": line.message}) for line in recording.lines]
    path.write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
