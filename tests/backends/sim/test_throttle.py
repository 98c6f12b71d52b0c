"""Throttle groups: limits that exclude one another, and requests that wait for their turn."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, ONE_BY_ONE, Lab

SECOND_US = 1_000_000


def make_lab(limits: dict[str, int], version: tuple[int, int] = (11, 1)) -> Lab:
    """A source, and a target t0 whose group has those limits."""
    lab = Lab("qsd", version)
    lab.drive("s0")
    lab.target("raw0")
    lab.execute("object-add", {"qom-type": "throttle-group", "id": "g", "limits": limits})
    lab.execute("blockdev-add", {"driver": "throttle", "node-name": "t0", "file": "raw0", "throttle-group": "g"})
    return lab


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        (
            {"limits": {"iops-total": 5, "iops-read": 5}},
            "bps/iops/max total values and read/write values cannot be used at the same time",
        ),
        ({"limits": {"bps-total": -1}}, "bps/iops/max values must be within [0, 1000000000000000]"),
        ({"limits": {"iops-total-max": 5}}, "bps_max/iops_max require corresponding bps/iops values"),
        ({"limits": {"bps-read": 5, "bps-read-max": 4}}, "bps_max/iops_max cannot be lower than bps/iops"),
        ({"limits": {"bps-read": 5, "bps-read-max-length": 2}}, "burst length set without burst rate"),
        ({"limits": {"iops-size": 5}}, "iops size requires an iops value to be set"),
        ({"x-bps-read": -1}, "Property values cannot be negative"),
    ],
)
def test_limits_that_cannot_be_are_refused(settings: dict[str, Any], refused: str) -> None:
    lab = Lab("qsd")

    assert lab.refused("object-add", {"qom-type": "throttle-group", "id": "g", **settings}) == refused


def test_a_node_needs_a_group_that_is_there() -> None:
    lab = make_lab({})
    arguments = {"driver": "throttle", "node-name": "x", "file": "s0", "throttle-group": "no"}

    assert lab.refused("blockdev-add", arguments) == "Throttle group 'no' does not exist"


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ((7, 2), "object 'g' is in use, can not be deleted"),
        ((11, 1), "Cannot delete throttle group 'g' with active references"),
    ],
)
def test_a_group_is_kept_as_long_as_it_has_members(version: tuple[int, int], refused: str) -> None:
    lab = make_lab({}, version)
    assert lab.refused("object-del", {"id": "g"}) == refused

    lab.execute("blockdev-del", {"node-name": "t0"})

    lab.execute("object-del", {"id": "g"})


def test_a_backup_takes_as_long_as_its_target_lets_it() -> None:
    lab = make_lab({"iops-write": 4})
    lab.transaction(lab.backup("j0", **ONE_BY_ONE))

    lab.events(2 * SECOND_US)
    assert 8 * CLUSTER <= lab.job("j0")["offset"] <= 10 * CLUSTER

    assert lab.events()[-1] == "j0 null"
    assert 3 * SECOND_US < lab.backend.now_us() < 5 * SECOND_US


def test_bytes_are_counted_too() -> None:
    lab = make_lab({"bps-total": 4 * CLUSTER})
    lab.transaction(lab.backup("j0", **ONE_BY_ONE))

    assert lab.events()[-1] == "j0 null"
    assert 3 * SECOND_US < lab.backend.now_us() < 5 * SECOND_US


def test_a_burst_goes_through_at_once() -> None:
    lab = make_lab({"iops-write": 1, "iops-write-max": 16})
    lab.transaction(lab.backup("j0", **ONE_BY_ONE))

    assert lab.events()[-1] == "j0 null"
    assert lab.backend.now_us() < SECOND_US


def test_a_drain_lets_what_waits_go() -> None:
    lab = make_lab({"iops-write": 1})
    lab.transaction(lab.backup("j0", **ONE_BY_ONE))
    lab.settle()
    before = lab.job("j0")["offset"]

    lab.transaction()

    assert lab.job("j0")["offset"] > before
    assert lab.backend.now_us() < SECOND_US
