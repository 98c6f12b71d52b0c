"""What qemu-io's commands share in reading their words. Source: QEMU qemu-io-cmds.c."""

from __future__ import annotations

from txsh.backends.base import NotSimulated
from txsh.backends.sim.hmp.getopt import getopt
from txsh.backends.sim.hmp.number import SIZE_MAX, pattern_byte, size_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from txsh.backends.sim.profile import Profile

REQUEST_BYTES_MAX = (1 << 31) - 512


class Misused(Exception):
    """The words do not fit; QEMU says so on its own output only, and nothing happens."""


def read_size(profile: Profile, text: str, most: int = SIZE_MAX) -> int:
    """A size in bytes.

    Raises:
        Misused: it is none, or too large.
    """
    size = size_bytes(text, strict=profile.strict_sizes)
    if size is None or size > most:
        raise Misused
    return size


def read_pattern(options: dict[str, str]) -> int | None:
    """The pattern asked for, None when none is.

    Raises:
        Misused: it is no byte.
    """
    if "P" not in options:
        return None
    pattern = pattern_byte(options["P"])
    if pattern is None:
        raise Misused
    return pattern


def read_options(profile: Profile, words: list[str], letters: str) -> tuple[dict[str, str], list[str]]:
    """Options and the other words.

    Raises:
        Misused: an option that is not among the letters, or lacks its value.
    """
    if not profile.registered_buffers:
        letters = letters.replace("r", "")
    found = getopt(words, letters)
    if found is None:
        raise Misused
    return found


def read_range(profile: Profile, words: Sequence[str], *, several: bool) -> tuple[int, int]:
    """Offset and length; with `several` the lengths of all buffers together.

    Raises:
        Misused: they are not there, or too large.
    """
    first, *lengths = words or [""]
    if not lengths or (lengths[1:] and not several):
        raise Misused
    offset = read_size(profile, first)
    length = sum(read_size(profile, word, REQUEST_BYTES_MAX) for word in lengths)
    if length > REQUEST_BYTES_MAX:
        raise Misused
    return offset, length


def refuse_absent(command: str, options: dict[str, str], letters: str) -> None:
    """Name the options that have no model.

    Raises:
        NotSimulated: one of them is there.
    """
    for letter in letters:
        if letter in options:
            raise NotSimulated(f"option -{letter} of qemu-io {command}")
