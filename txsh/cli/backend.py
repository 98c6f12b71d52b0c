"""What ``-b`` names: which backend, and how to open it."""

from __future__ import annotations

from txsh.cli.arguments import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.backends.live.launch import LiveBackend
    from txsh.backends.sim.backend import SimBackend
else:
    from txsh.named import NamedTuple

PROGRAMS = {"qemu": "qemu-system", "qsd": "qsd"}
"""Backends that launch a QEMU, and what they launch."""


class BackendName(NamedTuple):
    """A backend as the user named it.

    Args:
        program: ``qemu-system`` or ``qsd`` for one that is launched, None for the simulator.
        version: of the simulator; None: the newest built.
    """

    program: str | None
    version: tuple[int, int] | None = None


def read_backend(word: str | None) -> BackendName:
    """Understand the value of ``-b``.

    Raises:
        UsageError: there is no such backend.
    """
    if word is None or word == "sim":
        return BackendName(None)
    if word in PROGRAMS:
        return BackendName(PROGRAMS[word])
    kind, colon, version = word.partition(":")
    if kind == "sim" and colon:
        return BackendName(None, _profile(version))
    raise UsageError(f"no backend is called '{word}'", f"there are: {', '.join(_names())}")


def open_simulator(name: BackendName) -> SimBackend:
    """A fresh simulated QEMU."""
    from txsh.backends.sim.backend import SimBackend

    return SimBackend() if name.version is None else SimBackend(name.version)


async def open_live(name: BackendName) -> LiveBackend:
    """A fresh QEMU process.

    Raises:
        HostUnable: there is no such program.
        BackendLost: it did not start.
    """
    from txsh.backends.live.launch import launch

    assert name.program is not None
    return await launch(name.program)


def _profile(version: str) -> tuple[int, int]:
    from txsh.backends.sim.profile import PROFILES

    for profile in PROFILES:
        if version == _dotted(profile):
            return profile
    built = ", ".join(map(_dotted, sorted(PROFILES)))
    raise UsageError(f"the simulator has no profile of QEMU '{version}'", f"built: {built}")


def _names() -> list[str]:
    from txsh.backends.sim.profile import PROFILES

    return ["sim", *(f"sim:{_dotted(profile)}" for profile in sorted(PROFILES)), *PROGRAMS]


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
