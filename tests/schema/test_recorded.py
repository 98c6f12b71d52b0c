"""Which recorded QEMU stands for which."""

from __future__ import annotations

import pytest

from txsh.schema.recorded import nearest, nearest_table, recorded


@pytest.mark.parametrize("program", ["qsd", "qemu-system"])
def test_three_versions_of_both_programs_are_recorded(program: str) -> None:
    assert recorded(program) == ((7, 2), (10, 0), (11, 1))


@pytest.mark.parametrize(
    ("version", "stands_for_it"),
    [
        ((7, 2), (7, 2)),
        ((11, 1), (11, 1)),
        ((9, 1), (7, 2)),
        ((10, 2), (10, 0)),
        ((12, 0), (11, 1)),
        ((6, 0), (7, 2)),
    ],
)
def test_the_newest_that_is_not_newer_stands_for_a_version_else_the_oldest(
    version: tuple[int, int],
    stands_for_it: tuple[int, int],
) -> None:
    assert nearest(version, "qsd") == stands_for_it


def test_a_schema_comes_with_it() -> None:
    assert nearest_table((10, 1), "qsd").command("blockdev-set-active") is not None
    assert nearest_table((9, 2), "qsd").command("blockdev-set-active") is None


def test_no_version_stands_for_a_program_that_is_none() -> None:
    with pytest.raises(LookupError, match="no schema of bochs was recorded"):
        nearest((7, 2), "bochs")
