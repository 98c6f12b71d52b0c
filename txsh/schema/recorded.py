"""Which QEMUs were recorded, which of them stands for one that was not, and what one at hand says of itself."""

from __future__ import annotations

from functools import cache
from os import listdir

from txsh.schema.table import FOLDER, adopt, is_at_hand, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.schema.table import Table

_SUFFIX = ".txt"


@cache
def recorded(program: str) -> tuple[tuple[int, int], ...]:
    """The versions recorded of a program, ``qemu-system`` or ``qsd``, the oldest first."""
    stem = f"{program}-"
    names = [name[len(stem) : -len(_SUFFIX)] for name in listdir(FOLDER) if name.startswith(stem)]  # noqa: PTH208
    return tuple(sorted((int(major), int(minor)) for major, minor in (name.split(".") for name in names)))


def nearest(version: tuple[int, int], program: str) -> tuple[int, int]:
    """The version whose schema stands for another's.

    That is itself when it was recorded or is at hand, else the newest recorded one that is not newer, else the oldest.

    Raises:
        LookupError: there is no such program.
    """
    if is_at_hand(version, program):
        return version
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


def meet(version: tuple[int, int], program: str, entries: list[dict[str, Any]]) -> None:
    """Take what a running QEMU says of itself for the schema of its version from now on.

    Args:
        version: major and minor number.
        program: ``qemu-system`` or ``qsd``.
        entries: its reply to ``query-qmp-schema``.

    Raises:
        ValueError: it is no such reply.
    """
    from txsh.schema.borrow import table_of  # noqa: PLC0415  # only raw QMP on a running QEMU needs it

    adopt(version, program, table_of(entries, nearest_table(version, program)))
