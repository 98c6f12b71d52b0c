"""Who keeps a group together, and which lists nobody can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.group.looked import node, nodes
from tests.group.short import TX, add, backup, clear, merge
from txsh.actions.registry import by_qmp
from txsh.actions.step import BoundAction
from txsh.group.rules import decide, refused_for_good
from txsh.group.wire import ABORT, hides, own_name
from txsh.syntax.source import Source, Span

if TYPE_CHECKING:
    from txsh.group.wire import QmpAction

WORLD = nodes(node("s0", "b"), node("s1", "b", own_name("ffffffff", "W")), node("t0", driver="raw"))


def _bound(*actions: QmpAction) -> list[BoundAction]:
    span = Span(Source("test", ""), 0, 0)
    found = []
    for kind, data in actions:
        action = by_qmp(kind)
        assert action is not None
        found.append(BoundAction(action, data, span))
    return found


@pytest.mark.parametrize("cancel", ["jobs", "all"])
@pytest.mark.parametrize(
    ("actions", "path"),
    [
        ([clear("b")], "plain"),
        ([(ABORT, {})], "plain"),
        ([], "plain"),
        ([backup("j0")], "qemu"),
        ([backup("j0"), backup("j1", "incremental", bitmap="b")], "qemu"),
        ([backup("j0", "bitmap", bitmap="b", bitmap_mode="never")], "qemu"),
        ([backup("j0", "bitmap", bitmap="b", bitmap_mode="always")], "txsh"),
        ([backup("j0", "none")], "txsh"),
        ([backup("j0"), clear("b")], "txsh"),
        ([backup("j0"), (ABORT, {})], "txsh"),
    ],
)
def test_qemu_runs_the_group_where_it_suffices(actions: list[QmpAction], path: str, cancel: str) -> None:
    assert decide(_bound(*actions), cancel) == path


def test_a_plain_mixed_list_can_be_a_group() -> None:
    assert refused_for_good([add("n"), clear("b"), backup("j0")], WORLD) is None


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (backup("j0", "none"), "never-votes"),
        (backup("j0", auto_finalize=False), "second-commit"),
        (backup("j" * 240), "job-id-too-long"),
        (add(own_name(TX, "W")), "reserved-name"),
        (clear("b", "s1"), "group-in-the-way"),
        (backup("j0", source="s1"), "group-in-the-way"),
        (merge("b", {"node": "s1", "name": "b"}), "group-in-the-way"),
        (("blockdev-snapshot", {"node": "s0", "overlay": "o"}), "not-in-group"),
    ],
)
def test_what_no_group_can_keep_is_refused_at_its_place(wrong: QmpAction, name: str) -> None:
    objection = refused_for_good([clear("b"), wrong], WORLD)
    assert objection is not None
    assert (objection.name, objection.action) == (name, 1)
    assert refused_for_good([clear("b")], WORLD) is None


def test_a_job_id_may_be_as_long_as_the_name_after_it_allows() -> None:
    assert refused_for_good([backup("j" * 239)], WORLD) is None
    assert len(own_name(TX, "J:" + "j" * 239)) == 255


@pytest.mark.parametrize("kind", ["W", "C", "S:1", "J:j0", "J:", "I:snap"])
def test_a_bitmap_of_a_group_is_hidden(kind: str) -> None:
    assert hides(own_name(TX, kind))


@pytest.mark.parametrize(
    "name", ["b0", "txsh:", "txsh:notes", "txsh:0a1b2c3d", "txsh:0a1b2c3g:W", f"txsh:{TX}:X", f"x{TX}:W"]
)
def test_every_other_bitmap_is_the_users(name: str) -> None:
    assert not hides(name)
