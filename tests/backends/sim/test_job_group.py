"""Groups: the order in which their members begin and end, and the hang that follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import HELD, ONE_BY_ONE, Lab
from txsh.backends.base import BackendLost, CommandFailed

NAMES = ("j0", "j1", "j2")


def group(lab: Lab, *more: dict[str, Any]) -> None:
    """Three grouped backups of three drives; the options of each after the common ones."""
    for index, options in enumerate(more):
        lab.drive(f"s{index}")
        lab.target(f"t{index}", inject=options.pop("inject", None))
    actions = [
        lab.backup(f"j{index}", f"s{index}", f"t{index}", **{**ONE_BY_ONE, **options})
        for index, options in enumerate(more)
    ]
    lab.transaction(*actions, grouped=True)


def after_start(events: list[str]) -> list[str]:
    """What comes after each job has begun and been through the transaction's own drain."""
    return [event for event in events if event.split()[1] not in ("created", "running", "paused")]


def test_members_are_created_and_started_in_the_order_of_the_list() -> None:
    lab = Lab()
    group(lab, {}, {}, {})
    begun = [event for event in lab.settle() if event.split()[1] in ("created", "running", "paused")]
    created = [f"{name} created" for name in NAMES]
    started = [f"{name} {state}" for name in NAMES for state in ("running", "paused")]
    assert begun == [*created, *started, *(f"{name} running" for name in NAMES)]


def test_a_group_that_succeeds_is_finalized_newest_first() -> None:
    lab = Lab()
    group(lab, {}, {}, {})
    ended = after_start(lab.settle())
    assert ended[-12:] == [f"{name} pending" for name in ("j2", "j1", "j0")] + [
        f"{name} {word}" for name in ("j2", "j1", "j0") for word in ("completed", "concluded", "null")
    ]


def test_a_member_that_fails_cancels_the_others_in_the_order_of_the_group() -> None:
    lab = Lab()
    failing = {"inject": [{"event": "none", "iotype": "write", "errno": 5, "sector": 5 * 128}]}
    group(lab, dict(HELD), dict(failing), dict(HELD))
    assert after_start(lab.settle()) == [
        "j1 error",
        "j1 aborting",
        *("j2 aborting", "j2 cancelled", "j2 concluded", "j2 null"),
        *("j1 completed", "j1 concluded", "j1 null"),
        *("j0 aborting", "j0 cancelled", "j0 concluded", "j0 null"),
    ]


def test_one_member_that_waits_for_finalize_holds_all_and_any_of_them_lets_go() -> None:
    lab = Lab()
    group(lab, {}, {"auto-finalize": False}, {})
    lab.settle()
    assert {lab.job(name)["status"] for name in NAMES} == {"pending"}
    lab.execute("job-finalize", {"id": "j0"})
    assert after_start(lab.settle())[::3] == ["j2 completed", "j1 completed", "j0 completed"]


def test_two_prepared_backups_and_a_refusal_make_a_group_hang() -> None:
    lab = Lab()
    for name in ("s0", "s1"):
        lab.drive(name)
    for name in ("t0", "t1"):
        lab.target(name)
    with pytest.raises(BackendLost, match="never answers"):
        lab.transaction(lab.backup("j0"), lab.backup("j1", "s1", "t1"), lab.backup("j2", "nope", "t0"), grouped=True)


def test_one_prepared_backup_and_a_refusal_do_not() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.target("t0")
    with pytest.raises(CommandFailed, match="Cannot find device='nope'"):
        lab.transaction(lab.backup("j0"), lab.backup("j2", "nope", "t0"), grouped=True)
    assert lab.settle() == ["j0 created", "j0 aborting", "j0 concluded", "j0 null"]


def test_individual_jobs_know_nothing_of_each_other() -> None:
    lab = Lab()
    for index in (0, 1):
        lab.drive(f"s{index}")
    lab.target("t0", inject=[{"event": "none", "iotype": "write", "errno": 28}])
    lab.target("t1")
    lab.transaction(lab.backup("j0", **ONE_BY_ONE), lab.backup("j1", "s1", "t1", **ONE_BY_ONE))
    ended = after_start(lab.settle())
    assert [event for event in ended if event.startswith("j1")][-3:] == ["j1 completed", "j1 concluded", "j1 null"]
    assert lab.same("s1", "t1")
