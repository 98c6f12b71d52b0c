"""What a real QEMU was sent and answered: the same lists give the same messages, and its refusals are foreseen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.group.looked import MEBIBYTE, bitmap, node, nodes
from tests.replay.recording import FOLDER, Line, read
from txsh.group import text
from txsh.group.precheck import blame, first_refusal
from txsh.group.prepare import Prepared, prepare
from txsh.group.wire import ABORT, BACKUP
from txsh.model.event import QmpError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from txsh.group.wire import QmpAction

VERSION = (7, 2)
_UP_TO_ONE_MEBIBYTE = {"max-workers": 1, "max-chunk": 65536}
_SOURCE = ("c", bitmap("e", recording=False), "d", "m", "r", "i", bitmap("src", recording=False))
WORLD = nodes(
    node("s0", *_SOURCE),
    node("s1"),
    node("t0", driver="raw"),
    node("t1", driver="raw"),
    node("dt1", driver="blkdebug"),
)
CHECKED_WORLD = WORLD | nodes(
    node("s0", *_SOURCE, bitmap("u", busy=True)),
    node("v2", compat="0.10"),
    node("ro", bitmap("rb", persistent=True), "tmp", readonly=True),
    node("big", "x", size=2 * MEBIBYTE),
    node("inc", bitmap("z", persistent=True, inconsistent=True, recording=False)),
)


def _backup(job: str, source: str, target: str, sync: str, **more: Any) -> QmpAction:
    data = {"device": source, "target": target, "sync": sync, "job-id": job, "x-perf": _UP_TO_ONE_MEBIBYTE}
    return BACKUP, data | more


def _standard(last_target: str = "t1") -> list[QmpAction]:
    """The list that most recordings of shadows are about."""

    def one(verb: str, name: str) -> QmpAction:
        return f"block-dirty-bitmap-{verb}", {"node": "s0", "name": name}

    merge: QmpAction = ("block-dirty-bitmap-merge", {"node": "s0", "target": "m", "bitmaps": ["src"]})
    actions = [one("clear", "c"), one("enable", "e"), one("disable", "d"), merge, one("add", "n"), one("remove", "r")]
    incremental = _backup("j0", "s0", "t0", "incremental", bitmap="i")
    return [*actions, incremental, _backup("j1", "s1", last_target, "full")]


def _transactions(name: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    for line in read(FOLDER / f"{name}.7.2.jsonl").lines:
        message = line.message
        if line.kind in ("in", "setup") and isinstance(message, dict) and message.get("execute") == "transaction":
            yield line.number, message["arguments"]["actions"]


def _wire(actions: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "data": data} for kind, data in actions]


def _unordered(actions: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(action, sort_keys=True) for action in actions)


def _standard_prepared(transaction_id: str = "5f1d0c2a", target: str = "t1") -> Prepared:
    return prepare(_standard(target), WORLD, transaction_id, "all")


@pytest.mark.parametrize(
    ("name", "target", "starts", "commits"),
    [
        ("15-shadow_commit", "t1", 1, 1),
        ("15-shadow_abort", "dt1", 1, 0),
        ("15-shadow_fence", "t1", 2, 2),
        ("15-shadow_quit", "t1", 2, 1),
        ("15-shadow_t3_refused", "t1", 5, 5),
    ],
)
def test_the_recorded_list_gives_the_recorded_start_and_commit(
    name: str, target: str, starts: int, commits: int
) -> None:
    found = []
    for _, actions in _transactions(name):
        own = next((action["data"]["name"] for action in actions if "txsh:" in action["data"].get("name", "")), None)
        if own is None:
            continue
        prepared = _standard_prepared(own.split(":")[1], target)
        kinds = {"start": _wire(prepared.t1_actions), "commit": _wire(prepared.t3)}
        found += [kind for kind, expected in kinds.items() if actions == expected]
    assert (found.count("start"), found.count("commit")) == (starts, commits)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("15-shadow_commit", "finish_cleanup"), ("15-shadow_abort", "abort_cleanup"), ("15-shadow_abort", "fence")],
)
def test_what_clears_up_removes_what_was_recorded_in_any_order(name: str, kind: str) -> None:
    expected = _unordered(_wire(getattr(_standard_prepared(), kind)))
    assert expected in [_unordered(actions) for _, actions in _transactions(name)]


class _Check:
    """One list of the recorded checks: as a user wrote it, and what became of it."""

    def __init__(self, actions: list[QmpAction], answer: str) -> None:
        self.actions = actions
        self.answer = answer
        self.start: list[dict[str, Any]] | None = None
        self.commit: list[dict[str, Any]] | None = None


def _checks() -> list[_Check]:
    checks: list[_Check] = []
    pending: list[dict[str, Any]] | None = None
    for line in read(FOLDER / "15-shadow_checks.7.2.jsonl").lines:
        if line.kind == "in" and line.message["execute"] == "transaction":
            pending = line.message["arguments"]["actions"]
        elif line.kind == "out" and pending is not None:
            _note(checks, pending, line)
            pending = None
    return checks


def _note(checks: list[_Check], actions: list[dict[str, Any]], line: Line) -> None:
    if "txsh:" not in json.dumps(actions):
        users = [(action["type"], action["data"]) for action in actions]
        checks.append(_Check(users, line.message["error"]["desc"]))
    elif any(action["data"].get("name") == "txsh:t:C" for action in actions):
        checks[-1].commit = checks[-1].commit or actions[:-1]
    else:
        # Lists that would have crashed QEMU were recorded as shadows only; they follow another list's.
        checks[-1].start = checks[-1].start or actions


CHECKS = _checks()


def test_the_recorded_checks_are_all_read() -> None:
    assert len(CHECKS) > 35
    assert len({check.answer for check in CHECKS}) > 15


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.answer[:40])
def test_a_recorded_refusal_is_foreseen_and_blamed_on_the_action_foreseen(check: _Check) -> None:
    refusal = first_refusal(check.actions, CHECKED_WORLD, {}, version=VERSION)
    assert refusal is not None
    assert refusal.error == QmpError("GenericError", check.answer)
    assert (check.answer == text.ABORTED) == (check.actions[refusal.index][0] == ABORT)
    assert blame(check.actions, CHECKED_WORLD, {}, refusal.error, version=VERSION) == refusal.index


@pytest.mark.parametrize("check", [check for check in CHECKS if check.answer == text.ABORTED])
def test_a_list_that_only_its_abort_stopped_gives_the_recorded_start_and_commit(check: _Check) -> None:
    prepared = prepare(check.actions[:-1], CHECKED_WORLD, "0a1b2c3d", "all")
    for ours, theirs in ((prepared.t1_actions, check.start), (prepared.t3, check.commit)):
        assert theirs is not None
        renamed = json.loads(json.dumps(theirs).replace("txsh:t:", "txsh:0a1b2c3d:"))
        assert _wire(ours) == renamed
