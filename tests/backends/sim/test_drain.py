"""Drain: who pauses, for how long, and what is waited for."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import HELD, MEBIBYTE, ONE_BY_ONE, Lab, action
from txsh.backends.sim.drain import drained_begin, drained_end


def running(lab: Lab, **options: object) -> None:
    lab.drive("s0")
    lab.drive("s1")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **{**ONE_BY_ONE, **options}))


def test_a_job_starts_paused_by_the_drain_of_its_own_transaction() -> None:
    lab = Lab()
    running(lab, **HELD)
    assert lab.settle() == ["j0 created", "j0 running", "j0 paused", "j0 running"]


def test_every_transaction_pauses_every_job_even_an_empty_one() -> None:
    lab = Lab()
    running(lab, **HELD)
    lab.settle()
    lab.transaction()
    assert lab.settle() == ["j0 paused", "j0 running"]


def test_a_transaction_on_another_node_pauses_it_too() -> None:
    lab = Lab()
    running(lab, **HELD)
    lab.settle()
    lab.transaction(action("add", "s1", "b"))
    assert lab.settle() == ["j0 paused", "j0 running"]


def test_a_plain_command_pauses_nobody() -> None:
    lab = Lab()
    running(lab, **HELD)
    lab.settle()
    lab.bitmap("s1", "b")
    assert lab.settle() == []


def test_a_job_paused_by_the_user_stays_paused_through_a_drain() -> None:
    lab = Lab()
    running(lab, **HELD)
    lab.settle()
    lab.execute("job-pause", {"id": "j0"})
    assert lab.settle() == ["j0 paused"]
    lab.transaction()
    assert lab.settle() == []
    assert lab.job("j0")["status"] == "paused"


def test_a_drain_waits_for_the_chunk_under_way_and_lets_virtual_time_pass_for_it() -> None:
    lab = Lab()
    running(lab)
    world = lab.backend.world
    world.loop.advance()
    source = lab.find("s0")
    before_us = world.loop.now_us
    assert any(node.in_flight for node in world.nodes)
    drained_begin(source)
    assert not any(node.in_flight for node in world.nodes)
    assert world.loop.now_us > before_us
    assert world.jobs[0].status == "paused"
    drained_end(source)
    assert world.jobs[0].status == "running"


def test_drains_nest() -> None:
    lab = Lab()
    running(lab, **HELD)
    lab.settle()
    source = lab.find("s0")
    drained_begin(source)
    drained_begin(source)
    drained_end(source)
    assert lab.backend.world.jobs[0].status == "paused"
    drained_end(source)
    assert lab.backend.world.jobs[0].status == "running"


@pytest.mark.parametrize(("version", "name_pairs", "target_pairs"), [((7, 2), 1, 1), ((10, 0), 2, 5), ((11, 1), 3, 6)])
def test_a_backup_refused_when_its_filter_opens_pauses_other_jobs_as_often_as_the_graph_is_locked(
    version: tuple[int, int], name_pairs: int, target_pairs: int
) -> None:
    lab = Lab(version=version)
    lab.drive("s0")
    lab.drive("s1")
    lab.target("t0")
    lab.target("t1", MEBIBYTE, "raw", **{"read-only": True})
    lab.transaction(lab.backup("j0", **HELD))
    lab.settle()

    lab.refused("blockdev-backup", lab.backup("j1", "s1", "t1", **{"filter-node-name": "1x"})["data"])
    assert lab.settle() == ["j0 paused", "j0 running"] * name_pairs

    lab.refused("blockdev-backup", lab.backup("j1", "s1", "t1")["data"])
    assert lab.settle() == ["j0 paused", "j0 running"] * target_pairs
