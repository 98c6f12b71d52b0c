"""quit, stop and cont: what comes before the reply, what is flushed, what is forgotten."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import HELD, Lab
from txsh.backends.base import BackendLost

NBD = {"addr": {"type": "unix", "data": {"path": "nbd.sock"}}}
ALL = pytest.mark.parametrize("version", [(7, 2), (10, 0), (11, 1)])


def make_lab(program: str, version: tuple[int, int]) -> Lab:
    """A held backup, and an export of a node that it does not know."""
    lab = Lab(program, version)
    lab.drive("s0")
    lab.drive("x0")
    lab.target("t0")
    lab.execute("nbd-server-start", NBD)
    lab.execute("block-export-add", {"type": "nbd", "id": "e", "node-name": "x0"})
    lab.transaction(lab.backup("j0", **HELD))
    lab.settle()
    return lab


@ALL
@pytest.mark.parametrize("program", ["qsd", "qemu-system"])
def test_all_that_quitting_brings_about_comes_before_the_reply(program: str, version: tuple[int, int]) -> None:
    lab = make_lab(program, version)

    lab.backend.answer("quit", {})

    told = [(event.name, event.data.get("status")) for event in lab.backend.world.events]
    told = [each for each in told if each[1] not in ("paused", "running")]
    assert told == [("SHUTDOWN", None)] * (program == "qemu-system") + [
        ("BLOCK_EXPORT_DELETED", None),
        ("JOB_STATUS_CHANGE", "aborting"),
        ("BLOCK_JOB_CANCELLED", None),
        ("JOB_STATUS_CHANGE", "concluded"),
        ("JOB_STATUS_CHANGE", "null"),
    ]
    lab.backend.go_on("quit")
    with pytest.raises(BackendLost):
        lab.execute("query-jobs")


def test_a_job_is_cancelled_while_everything_is_drained() -> None:
    lab = make_lab("qsd", (7, 2))

    lab.backend.answer("quit", {})

    told = [event.data["status"] for event in lab.backend.world.events if "status" in event.data]
    assert told == ["paused", "running", "aborting", "concluded", "null"]


@ALL
def test_stop_drains_and_flushes_each_time(version: tuple[int, int]) -> None:
    lab = make_lab("qemu-system", version)
    lab.write("x0", 0, 1)
    node = lab.find("x0")
    assert node.flushed_generation < node.write_generation

    lab.execute("stop")

    assert node.flushed_generation == node.write_generation
    assert lab.settle() == ["None STOP", "j0 paused", "j0 running"]
    lab.execute("stop")
    assert lab.settle() == ["j0 paused", "j0 running"]


def test_cont_forgets_what_jobs_have_met() -> None:
    lab = Lab("qemu-system")
    lab.drive("s0")
    lab.target("t0", inject=[{"event": "none", "iotype": "write", "once": True}])
    lab.transaction(lab.backup("j0", **{"on-target-error": "stop"}))
    lab.settle()
    assert lab.job("j0")["io-status"] == "failed"

    lab.execute("cont")

    assert lab.job("j0")["io-status"] == "ok"
    assert lab.job("j0")["status"] == "paused"


@pytest.mark.parametrize(("version", "has"), [((7, 2), True), ((10, 0), False), ((11, 1), False)])
def test_only_old_ones_tell_of_single_steps(version: tuple[int, int], *, has: bool) -> None:
    assert ("singlestep" in Lab("qemu-system", version).execute("query-status")) is has
