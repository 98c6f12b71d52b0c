"""Which QEMUs were recorded, and which of them stands for one that was not. Knows nothing of what is in a schema."""

from __future__ import annotations

from functools import cache
from os import listdir

from txsh.schema.table import FOLDER, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from txsh.schema.table import Table

_SUFFIX = ".txt"


@cache
def recorded(program: str) -> tuple[tuple[int, int], ...]:
    """The versions recorded of a program, ``qemu-system`` or ``qsd``, the oldest first."""
    stem = f"{program}-"
    names = [name[len(stem) : -len(_SUFFIX)] for name in listdir(FOLDER) if name.startswith(stem)]  # noqa: PTH208
    return tuple(sorted((int(major), int(minor)) for major, minor in (name.split(".") for name in names)))


def nearest(version: tuple[int, int], program: str) -> tuple[int, int]:
    """The recorded version that stands for another one: the newest that is not newer, else the oldest.

    Raises:
        LookupError: there is no such program.
    """
    versions = recorded(program)
    if not versions:
        raise LookupError(f"no schema of {program} was recorded")
    return max((each for each in versions if each <= version), default=versions[0])


def nearest_table(version: tuple[int, int], program: str) -> Table:
    """The schema that stands for a version.

    Raises:
        LookupError: there is no such program.
    """
    return table(nearest(version, program), program)
