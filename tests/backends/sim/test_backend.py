"""The simulator as a backend: what it refuses to answer, time, events, starting again, and what it imports."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, HELD, ONE_BY_ONE, Lab, action, transaction
from txsh.backends.base import BackendLost, CommandFailed, NotSimulated, run_now
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.command import MODULES, module_of

COSTLY = ("asyncio", "dataclasses", "lark", "prompt_toolkit", "qemu", "socket")


@pytest.mark.parametrize(
    ("command", "arguments", "what"),
    [
        ("block-commit", {"device": "s0"}, "command block-commit"),
        (
            "blockdev-add",
            {"driver": "blkverify", "node-name": "x", "raw": "s0", "test": "s0"},
            "driver blkverify",
        ),
        (
            "transaction",
            transaction({"type": "blockdev-snapshot", "data": {"node": "s0", "overlay": "o"}}),
            "action blockdev-snapshot",
        ),
        (
            "block-export-add",
            {"type": "vhost-user-blk", "id": "e", "node-name": "s0", "addr": {"type": "unix", "path": "v"}},
            "type vhost-user-blk of block-export-add",
        ),
    ],
)
def test_what_has_no_model_is_named_and_never_guessed(command: str, arguments: dict[str, Any], what: str) -> None:
    lab = Lab()
    lab.drive("s0")
    with pytest.raises(NotSimulated) as caught:
        lab.execute(command, arguments)
    assert caught.value.what == what
    assert lab.execute("query-jobs") == []


def test_arguments_are_refused_by_the_schema_first() -> None:
    lab = Lab()
    with pytest.raises(CommandFailed) as caught:
        lab.execute("blockdev-foo")
    assert caught.value.error_class == "CommandNotFound"
    assert lab.refused("transaction") == "Parameter 'actions' is missing"


def test_capabilities_are_negotiated_already_where_no_monitor_is_between() -> None:
    lab = Lab()
    with pytest.raises(CommandFailed) as caught:
        lab.execute("qmp_capabilities")
    assert caught.value.error_class == "CommandNotFound"
    assert caught.value.description == "Capabilities negotiation is already complete, command ignored"


def test_a_version_without_a_profile_is_not_simulated() -> None:
    with pytest.raises(NotSimulated):
        SimBackend(version=(6, 0))


def test_every_listed_command_and_action_is_in_its_module() -> None:
    for names in MODULES.values():
        for name in names:
            module = module_of(name)
            assert module is not None
            assert name in getattr(module, "COMMANDS", {}) or name in getattr(module, "ACTIONS", {})


def test_a_deadline_that_is_not_in_the_future_collects_only_what_is_there() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **ONE_BY_ONE))
    assert lab.events(0) == ["j0 created", "j0 running", "j0 paused", "j0 running"]
    assert lab.backend.now_us() == 0


def test_time_moves_to_the_deadline_when_nothing_comes_before_it() -> None:
    lab = Lab()
    assert run_now(lab.backend.next_event(500)) is None
    assert lab.backend.now_us() == 500
    assert run_now(lab.backend.next_event(None)) is None
    assert lab.backend.now_us() == 500


def test_the_observer_is_told_of_answers_and_refusals() -> None:
    lab, told = Lab(), []
    lab.backend.observer = lambda *answer: told.append(answer)
    lab.execute("query-jobs")
    lab.refused("job-cancel", {"id": "x"})
    assert [(command, look) for command, _, _, look in told] == [("query-jobs", False), ("job-cancel", False)]
    assert told[1][2] == ("GenericError", "Job not found")


def test_quit_cancels_jobs_and_ends_the_process() -> None:
    lab = Lab("qemu-system")
    lab.drive("s0")
    lab.target("t0")
    lab.bitmap("s0", "b", (1, 9), persistent=True)
    lab.transaction(lab.backup("j0", sync="incremental", bitmap="b", **HELD))
    lab.settle()
    assert lab.execute("quit") == {}
    found = [event.name for event in lab.backend.world.events]
    assert found[0] == "SHUTDOWN"
    assert "BLOCK_JOB_CANCELLED" in found
    with pytest.raises(BackendLost, match="has quit"):
        lab.raw_events()
    lab.backend = lab.backend.restart("quit")
    lab.open("qcow2", "s0")
    assert lab.dirty("s0", "b") == [(1, 9)]


def test_two_runs_are_the_same_run() -> None:
    def run() -> list[Any]:
        lab = Lab()
        lab.drive("s0")
        lab.drive("s1")
        lab.target("t0")
        lab.target("t1")
        lab.transaction(lab.backup("j0"), lab.backup("j1", "s1", "t1", **ONE_BY_ONE))
        lab.write("s0", 3, 4)
        return [tuple(event) for event in lab.raw_events()]

    assert run() == run()


def test_a_backup_imports_nothing_costly() -> None:
    program = """
import sys
before = set(sys.modules)
from txsh.backends.base import Image, run_now
from txsh.backends.sim.backend import SimBackend
backend = SimBackend(program="qsd")
for name, kind in (("s", "qcow2"), ("t", "raw")):
    run_now(backend.host.create_image(Image(name, kind, 1 << 26)))
    file = {"driver": "file", "filename": name}
    run_now(backend.execute("blockdev-add", {"driver": kind, "node-name": name, "file": file}))
data = {"device": "s", "target": "t", "sync": "full", "job-id": "j"}
run_now(backend.execute("transaction", {"actions": [{"type": "blockdev-backup", "data": data}]}))
while run_now(backend.next_event(None)):
    pass
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert "txsh" in imported
    assert [name for name in COSTLY if name in imported] == []


def test_what_was_prepared_before_something_without_a_model_is_rolled_back() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0", image_format="qcow2")
    lab.bitmap("s0", "b", (1, 3))
    absent = {"type": "blockdev-snapshot", "data": {"node": "t0", "overlay": "s0"}}
    with pytest.raises(NotSimulated, match="blockdev-snapshot"):
        lab.transaction(action("clear", "s0", "b"), lab.backup("j0"), absent)
    assert lab.dirty("s0", "b") == [(1, 3)]
    assert lab.find("s0").quiesce_count == 0


def test_writes_of_zeroes_become_requests_for_zeroes_where_they_are_detected() -> None:
    lab = Lab()
    lab.image("s0", "qcow2")
    file = {"driver": "file", "filename": "s0"}
    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "s0", "file": file, "detect-zeroes": "on"})
    lab.write("s0", 3, 4, pattern=0)
    assert run_now(lab.backend.host.file_offset("s0", 3 * CLUSTER)) is None
    lab.write("s0", 4, 5, pattern=1)
    assert run_now(lab.backend.host.file_offset("s0", 4 * CLUSTER)) is not None


def test_the_latency_of_a_null_node_is_virtual_time() -> None:
    lab = Lab()
    lab.execute("blockdev-add", {"driver": "null-co", "node-name": "n", "size": CLUSTER, "latency-ns": 5_000_000})
    lab.write("n", 0, 1)
    assert lab.backend.now_us() == 5_000
