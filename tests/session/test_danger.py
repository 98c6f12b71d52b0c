"""What would crash a QEMU, hang it or do silent damage is refused first, or warned of."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play, sent

WORLD = "drive d 1M\ndrive e 1M\ndrive g 1M\ntarget t 1M\ntarget u 1M\nbitmap-add d.b\nwrite d 0+64K\n"

HARMFUL = [
    ("transaction < bitmap-enable d.nope >", "Dirty bitmap 'nope' not found", "bitmap-enable d.nope"),
    (
        "transaction < bitmap-clear d.b; bitmap-enable d.nope >",
        "Dirty bitmap 'nope' not found",
        "bitmap-enable d.nope",
    ),
    ("bitmap-merge d.b from=[]", "*at least one bitmap", "bitmap-merge d.b from=[]"),
    ("transaction < bitmap-merge d.b from=[] >", "*at least one bitmap", "bitmap-merge d.b from=[]"),
    (
        "transaction completion-mode=grouped < backup d to=t job=j; backup e to=u job=k; bitmap-clear d.b >",
        "Action 'block-dirty-bitmap-clear' does not support * completion-mode = grouped",
        "bitmap-clear d.b",
    ),
    (
        "transaction completion-mode=grouped < backup d to=t; backup e to=u; backup g to=d >",
        "Could not create node: Permission conflict on node 'd': permissions 'write' are both required by *",
        "backup g to=d",
    ),
    (
        "transaction cancel=all < backup d to=t; backup e to=u; backup g to=e >",
        "Could not create node: Permission conflict on node 'e': *",
        "backup g to=e",
    ),
    (
        "transaction < backup d sync=bitmap bitmap=b bitmap-mode=always to=t job=j; bitmap-clear e.nope >",
        "Dirty bitmap 'nope' not found",
        "bitmap-clear e.nope",
    ),
]


@pytest.mark.parametrize(("line", "text", "culprit"), HARMFUL, ids=[line for line, _, _ in HARMFUL])
def test_it_is_refused_without_being_sent_with_the_text_of_a_sound_qemu(line: str, text: str, culprit: str) -> None:
    trace = play(f'{WORLD}{line} fails "{text}"\nexpect bitmap d.b dirty=[0+64K] recording\nbitmap-clear d.b\n')

    assert findings(trace) == []
    statement = next(statement for statement in trace.statements if statement.outcome == "refused-as-expected")
    assert statement.culprit is not None
    assert statement.culprit.text.startswith(culprit)
    assert "transaction" not in sent(trace)
    assert "block-dirty-bitmap-merge" not in sent(trace)


def test_a_target_under_a_running_backup_is_refused_in_a_group_of_three() -> None:
    trace = play(
        f"{WORLD}target v 1M\nbackup d to=t hold=0\n"
        "transaction completion-mode=grouped < backup e to=u; backup g to=v; backup g to=d job=k > "
        "fails \"Could not create node: Permission conflict on node 'd'*\"\nrelease d\nwait\n"
    )

    assert findings(trace) == []
    assert "transaction" not in sent(trace)


def test_a_refusal_that_was_not_sent_says_why() -> None:
    trace = play(f"{WORLD}transaction < bitmap-enable d.nope >\n")

    (diagnostic,) = trace.diagnostics
    assert diagnostic.help is not None
    assert diagnostic.help.startswith("not sent: ")
    assert "B1" in diagnostic.help


def test_the_same_action_alone_is_left_to_qemu() -> None:
    trace = play(f"{WORLD}bitmap-enable d.nope fails \"Dirty bitmap 'nope' not found\"\n")

    assert findings(trace) == []
    assert "block-dirty-bitmap-enable" in sent(trace)


def test_backups_of_one_source_that_end_by_themselves_are_warned_of_once() -> None:
    trace = play(f"{WORLD}transaction < backup d to=t job=j; backup d to=u job=k >\nwait\n")

    assert findings(trace) == ["backups-of-one-source"]
    assert trace.diagnostics[0].severity == "warning"
    assert trace.verdict.word == "passed"


@pytest.mark.parametrize("option", ["completion-mode=grouped", "cancel=jobs", "cancel=all"])
def test_backups_of_one_source_in_a_group_are_safe(option: str) -> None:
    trace = play(f"{WORLD}transaction {option} < backup d to=t job=j; backup d to=u job=k >\nwait\n")

    assert findings(trace) == []


@pytest.mark.parametrize("cancel", ["none", "jobs", "all"])
def test_an_option_that_qemu_lacks_is_refused_at_its_place_in_the_users_list(cancel: str) -> None:
    trace = play(
        f"{WORLD}transaction cancel={cancel} < bitmap-enable d.nope; backup e to=u x-perf.min-cluster-size=64K > "
        "fails \"Parameter 'actions[1].data.x-perf.min-cluster-size' is unexpected\"\n"
    )

    assert findings(trace) == []
