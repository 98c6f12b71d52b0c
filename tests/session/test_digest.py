"""Dirty ranges where a QEMU does not let them be read: its digest of the bits tells whether they are as expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.session.play import play
from txsh.backends.base import HostUnable
from txsh.backends.sim.host import SimHost

if TYPE_CHECKING:
    from txsh.model.extent import Extents

WORLD = "drive d 1000K\nbitmap-add d.b\nwrite d 64K+128K\nwrite d 999K+1K\n"


@pytest.fixture(autouse=True)
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be asked but QMP."""

    async def extents(self: SimHost, node: str, bitmap: str) -> Extents:
        raise HostUnable("no-guest-io", f"{bitmap} of {node} cannot be read by {self}")

    monkeypatch.setattr(SimHost, "extents", extents)


@pytest.mark.parametrize("ranges", ["64K+128K, 960K+40K", "960K+40K, 64K+64K, 128K+64K"])
def test_the_same_ranges_have_the_same_digest(ranges: str) -> None:
    assert play(f"{WORLD}expect bitmap d.b dirty=[{ranges}]\n").diagnostics == []


@pytest.mark.parametrize(
    "ranges", ["", "64K+128K", "0+128K, 960K+40K", "64K+128K, 960K+64K", "64K+65K, 960K+40K", "65K+127K, 960K+40K"]
)
def test_other_ranges_are_told_without_those_that_nobody_knows(ranges: str) -> None:
    (diagnostic,) = play(f"{WORLD}expect bitmap d.b dirty=[{ranges}]\n").diagnostics

    assert "other ranges of 192K in all instead of dirty=[" in diagnostic.message


def test_an_empty_bitmap_needs_no_digest() -> None:
    assert play("drive d 1M\nbitmap-add d.b\nexpect bitmap d.b dirty=[]\n").diagnostics == []
