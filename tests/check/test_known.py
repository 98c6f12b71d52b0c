"""What a text leaves behind for the text after it: names, and whether there is a reply to expect something of."""

from __future__ import annotations

import pytest

from tests.binding import plan_of
from txsh.check.known import Known

EMPTY = Known(version=(11, 1))
ADD = "qmp blockdev-add driver=null-co node-name=n size=1M\n"


def after(text: str) -> Known:
    return EMPTY.after(plan_of(text, EMPTY))


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("drive d 1M\ntarget t 1M\n", {"d", "t"}),
        ("drive d 1M\nbackup d\n", {"d", "d-target"}),
        ("drive d 1M\ntarget t 1M\nbackup d to=t filter-node-name=f\n", {"d", "t", "f"}),
        (ADD, {"n"}),
        (ADD + "qmp blockdev-del node-name=n\n", set()),
        (ADD + 'qmp blockdev-del node-name=n fails "*"\n', {"n"}),
        (ADD.replace("\n", ' fails "*"\n'), set()),
    ],
)
def test_nodes_that_were_made_are_there(text: str, nodes: set[str]) -> None:
    assert after(text).nodes == nodes


@pytest.mark.parametrize(
    ("text", "jobs"),
    [
        ("drive d 1M\nbackup d\n", {"d"}),
        ("drive d 1M\nbackup d job=j\n", {"j"}),
        ("drive d 1M\ndrive e 1M\ntransaction < backup d job=j; backup e >\n", {"j", "e"}),
        (f"drive d 1M\n{ADD}qmp blockdev-backup device=d target=n sync=full job-id=k\n", {"k"}),
    ],
)
def test_jobs_that_were_started_are_known(text: str, jobs: set[str]) -> None:
    assert after(text).jobs == jobs


def test_contents_that_were_remembered_are_known() -> None:
    assert after("drive d 1M\nremember then d\n").remembered == {"then"}


@pytest.mark.parametrize(("text", "has_reply"), [(ADD, True), ("drive d 1M\n", False)])
def test_a_reply_can_be_asked_for_after_a_raw_command(text: str, has_reply: bool) -> None:  # noqa: FBT001  # the value expected
    assert after(text).has_reply == has_reply
