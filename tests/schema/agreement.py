"""Sends spoiled arguments to a real QEMU and compares what it says with what `refusal` says.

Runs by itself too: ``python -m tests.schema.agreement PROGRAM COUNT SEED MAJOR MINOR``, with that QEMU on the PATH.
"""

from __future__ import annotations

import json
import re
import sys
from random import Random
from typing import Any, NamedTuple

from tests.replay.real import RealTarget
from tests.schema.malformed import COMMANDS, arguments
from txsh.schema.table import commands
from txsh.schema.visitor import refusal

_OFTEN = (*["transaction"] * 8, *["blockdev-add"] * 6, *["blockdev-backup"] * 3)
_NAMES = {"qsd": "qsd", "qemu-system": "system"}
_BY_TYPE = re.compile(
    r"Parameter '.*' is (missing|unexpected)"
    r"|Invalid parameter type for '.*', expected: "
    r"|Parameter '.*' expects (u?int\d+)"
    r"|Parameter '.*' does not accept value ",
)


class Disagreement(NamedTuple):
    """One command to which the two say different things."""

    message: dict[str, Any]
    predicted: str
    said: str


def disagreements(program: str, count: int, seed: int, version: tuple[int, int]) -> list[Disagreement]:
    """Compare a number of commands; the list is empty when the two agree on all.

    Of the commands that no transaction needs, only those are sent that must be refused. A command that `refusal` lets
    pass must not be refused by QEMU in the words of its visitor; whatever else QEMU does with it does not matter here,
    even when it dies of it.
    """
    random = Random(seed)
    every = commands(version, program)
    found = []
    target = RealTarget()
    try:
        target.start(_NAMES[program], [])
        for _ in range(count):
            command = random.choice(random.choice((_OFTEN, COMMANDS, every)))
            given = arguments(random, version, program, command)
            message = {"execute": command, "arguments": given}
            predicted = refusal(version, program, command, given)
            if predicted is None and (command not in COMMANDS or _harmful(message)):
                continue
            reply = target.execute(message)
            if reply is None:
                if predicted is not None:
                    found.append(Disagreement(message, str(predicted), "no answer"))
                target.end("killed")
                target.start(_NAMES[program], [])
                continue
            said = reply.get("error", {}).get("desc")
            wanted = predicted.description if predicted else None
            if said != wanted and (wanted is not None or _BY_TYPE.match(said)):
                found.append(Disagreement(message, str(wanted), str(said)))
    finally:
        target.close()
    return found


def _harmful(message: dict[str, Any]) -> bool:
    """Well-formed commands that kill QEMU 7.2 or open something outside."""
    text = json.dumps(message)
    return (
        ("block-dirty-bitmap-enable" in text and message["execute"] == "transaction")
        or ('"bitmaps": []' in text)
        or ("null-co" in text and message["execute"].startswith("blockdev"))
        or message == {"execute": "blockdev-reopen", "arguments": {"options": []}}
        or message["execute"] in ("nbd-server-start", "quit")
    )


if __name__ == "__main__":
    counts = [int(word) for word in sys.argv[2:]]
    for disagreement in disagreements(sys.argv[1], counts[0], counts[1], (counts[2], counts[3])):
        sys.stdout.write(
            f"{json.dumps(disagreement.message)}\n  ours: {disagreement.predicted}\n  QEMU: {disagreement.said}\n",
        )
