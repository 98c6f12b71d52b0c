"""Two backups of one node: the filter of one stands on that of the other, and they end at nearly one moment."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import ONE_BY_ONE, Lab
from txsh.backends.base import BackendLost, NotSimulated

NEVER = {"bitmap-mode": "never"}
VERSIONS = [(7, 2), (10, 0), (11, 1)]


def two_backups(version: tuple[int, int], first: int, second: int) -> Lab:
    """Backups of one node that have so many clusters to copy, one after the other."""
    lab = Lab(version=version)
    lab.drive("s0")
    for index, clusters in enumerate((first, second)):
        lab.target(f"t{index}")
        lab.bitmap("s0", f"b{index}", (0, clusters))
    lab.transaction(
        *[
            lab.backup(f"j{index}", "s0", f"t{index}", sync="bitmap", bitmap=f"b{index}", **NEVER, **ONE_BY_ONE)
            for index in range(2)
        ]
    )
    return lab


def test_a_filter_that_goes_while_the_one_above_it_waits_to_be_dropped_is_the_end_of_11_1() -> None:
    lab = two_backups((11, 1), 1, 2)
    with pytest.raises(BackendLost, match="two backups of one node"):
        lab.settle()


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("second", range(1, 9))
@pytest.mark.parametrize("first", range(1, 9))
def test_otherwise_both_filters_are_gone_and_the_node_can_be_used(
    version: tuple[int, int], first: int, second: int
) -> None:
    lab = two_backups(version, first, second)
    try:
        ended = [event for event in lab.settle() if event.endswith("completed")]
    except BackendLost:
        assert version == (11, 1)
        return
    assert sorted(ended) == ["j0 completed", "j1 completed"]
    nodes = lab.execute("query-named-block-nodes", {"flat": True})
    assert {node["drv"] for node in nodes} == {"qcow2", "raw", "file"}
    assert [child.parent for child in lab.find("s0").parents] == []
    lab.write("s0", 0, 1)


def test_a_node_put_above_a_filter_whose_job_ends_meanwhile_is_not_simulated_and_leaves_nothing() -> None:
    lab = Lab(version=(11, 1))
    lab.drive("s0")
    lab.target("t0")
    lab.execute("blockdev-backup", lab.backup("j0", **{"filter-node-name": "above"})["data"])
    lab.execute("job-cancel", {"id": "j0"})
    with pytest.raises(NotSimulated, match="above the filter"):
        lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "d0", "image": "above"})
    nodes = lab.execute("query-named-block-nodes", {"flat": True})
    assert {"above", "d0"}.isdisjoint(node["node-name"] for node in nodes)


def test_a_node_put_above_a_filter_goes_to_what_is_below_when_the_job_ends_later() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.execute("blockdev-backup", lab.backup("j0", **{"filter-node-name": "above"})["data"])
    lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "d0", "image": "above"})
    lab.settle()
    assert lab.find("d0").file is lab.find("s0")
