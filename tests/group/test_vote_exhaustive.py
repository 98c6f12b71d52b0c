"""Every order of votes, failures, cancels, refusals and lost replies of a small group ends well."""

from __future__ import annotations

import pytest

from tests.group.looked import node, nodes
from tests.group.model_qemu import ModelQemu, every_choice
from txsh.group.move import Done, Flush, Look, Wait
from txsh.group.prepare import Prepared, prepare
from txsh.group.vote import Group
from txsh.group.wire import BACKUP

MOVES_MAX = 100


def _prepared(jobs: int) -> Prepared:
    given = nodes(*(node(f"s{number}", "b") for number in range(jobs)), node("t", driver="raw"))
    backups = [
        (BACKUP, {"device": f"s{number}", "target": f"t{number}", "sync": "full", "job-id": f"j{number}"})
        for number in range(jobs)
    ]
    return prepare([("block-dirty-bitmap-clear", {"node": "s0", "name": "b"}), *backups], given, "0a1b2c3d", "all")


def _play(model: ModelQemu) -> Done:
    group = Group(model.prepared)
    group.started()
    for _ in range(MOVES_MAX):
        move = group.next()
        outcome = group.outcome
        match move:
            case Done():
                return move
            case Wait():
                assert model.events(group), "it waits for what cannot come"
            case Look():
                group.looked(*model.look())
            case Flush(name):
                group.flushed(name, None)
            case _:
                if move[0] == "commit":
                    assert set(model.jobs.values()) <= {"pending", "aborting", "gone"}, "not all have voted"
                    assert model.first_no is None, "it commits though one is against it"
                model.answer(move, group)
        assert outcome in (None, group.outcome), "a certain outcome changed"
    raise AssertionError("it never ends")


@pytest.mark.parametrize(("jobs", "adversities"), [(1, 5), (2, 3), (3, 1)])
def test_every_run_of_a_small_group_ends_with_all_or_nothing_and_leaves_nothing(jobs: int, adversities: int) -> None:
    prepared = _prepared(jobs)
    runs = 0
    outcomes = set()
    for chooser in every_choice():
        model = ModelQemu(prepared, chooser, adversities)

        done = _play(model)

        assert (done.outcome == "committed") == (model.commits == 1) or done.outcome == "unknown", chooser.given
        assert done.left == ()
        assert model.bitmaps == set(), chooser.given
        assert not any(model.is_living(job) for job in model.jobs)
        assert (done.reason is None) == (done.outcome == "committed")
        if done.outcome == "cancelled" and "lost" not in (done.reason or ""):
            assert done.reason == model.first_no, chooser.given
        runs += 1
        outcomes.add(done.outcome)
    assert {"committed", "cancelled"} <= outcomes
    assert runs > 1000
