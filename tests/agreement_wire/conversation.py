"""Holds the conversation of one seed and says what came of it."""

from __future__ import annotations

import sys
from random import Random
from typing import NamedTuple

from tests.agreement_wire.author import Author
from tests.agreement_wire.peer import installed_version, real_peer, served_peer
from tests.agreement_wire.talk import NotSaid, Over, Parted, Talk

_DEPTH = 1 << 13
"""Ids may be nested a thousand deep; reading them takes a few calls a level."""


class Outcome(NamedTuple):
    """What came of it.

    Args:
        verdict: ``same``, ``parted`` or ``not simulated``.
        detail: where they parted, or what is not simulated.
        lines: all that was said.
    """

    program: str
    verdict: str
    detail: str
    lines: list[str]


def hold(seed: int) -> Outcome:
    """One conversation with the simulator and the QEMU that is first on PATH."""
    sys.setrecursionlimit(_DEPTH)
    random = Random(seed)
    program = random.choice(("qsd", "qemu-system", "qemu-system"))
    real = real_peer(program)
    served = served_peer(program, installed_version(program))
    talk: Talk | None = None
    verdict, detail = "same", ""
    try:
        talk = Talk(real, served)
        Author(random, talk, program).write()
    except Parted as parted:
        verdict, detail = "parted", str(parted)
    except NotSaid as missing:
        verdict, detail = "not simulated", str(missing)
    except Over:
        pass
    finally:
        real.close()
        served.close()
    return Outcome(program, verdict, detail, talk.lines if talk else [])
