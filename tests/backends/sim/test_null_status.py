"""A null node that reads as anything has no block status: a copy of it reads, and nothing of it is allocated."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import MEBIBYTE, Lab
from txsh.backends.sim.profile import PROFILES

_NO_READS = [{"event": "none", "iotype": "read"}]


def make_lab(version: tuple[int, int], **options: bool) -> Lab:
    lab = Lab(version=version)
    lab.execute("blockdev-add", {"driver": "null-co", "node-name": "n", "size": MEBIBYTE, **options})
    lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "s0", "image": "n", "inject-error": _NO_READS})
    lab.target("t0")
    return lab


@pytest.mark.parametrize("version", PROFILES)
def test_a_null_node_is_read(version: tuple[int, int]) -> None:
    lab = make_lab(version)

    lab.execute("blockdev-backup", lab.backup("j0")["data"])

    assert "j0 error" in lab.settle()


@pytest.mark.parametrize("version", PROFILES)
def test_a_null_node_that_reads_as_zeroes_is_not_read(version: tuple[int, int]) -> None:
    lab = make_lab(version, **{"read-zeroes": True})

    lab.execute("blockdev-backup", lab.backup("j0")["data"])

    assert "j0 error" not in lab.settle()


@pytest.mark.parametrize(("zeroes", "length"), [(False, 0), (True, MEBIBYTE)])
def test_only_zeroes_of_a_null_node_are_allocated(*, zeroes: bool, length: int) -> None:
    lab = make_lab((10, 0), **{"read-zeroes": zeroes})

    lab.execute("blockdev-backup", lab.backup("j0", sync="top")["data"])

    assert next(event for event in lab.raw_events() if event.name == "BLOCK_JOB_COMPLETED").data["len"] == length
