"""Groups: who keeps them together, how they end, what a user sees of them."""

from __future__ import annotations

import pytest

from tests.session.play import findings, plan_of, play, sent
from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.session.session import Session

pytestmark = pytest.mark.usefixtures("on_every_backend")

WORLD = """\
drive d 1M
drive e 1M
target t 1M
target u 1M
bitmap-add d.b
bitmap-add e.b
write d 0+128K
write e 0+64K
"""
MODES = pytest.mark.parametrize("mode", ["jobs", "all"])


def transactions(text: str) -> list[object]:
    """The properties of every transaction that a script comes to."""
    trace = play(text)
    assert findings(trace) == []
    return [e.arguments.get("properties") for e in trace.exchanges if e.command == "transaction" and not e.look]


@MODES
def test_without_jobs_one_transaction_of_qemus_is_all_of_it(mode: str) -> None:
    text = f"{WORLD}transaction cancel={mode} < bitmap-clear d.b; bitmap-disable e.b >\nexpect group committed\n"

    assert transactions(text) == [None]
    assert play(text).groups[0].by == "qemu"


@MODES
def test_backups_alone_are_left_to_qemu(mode: str) -> None:
    text = (
        f"{WORLD}transaction cancel={mode} < backup d to=t bitmap=b job=j; backup e to=u job=k >\n"
        "wait\nexpect group committed\nexpect bitmap d.b dirty=[]\n"
    )

    assert transactions(text) == [{"completion-mode": "grouped"}]
    assert play(text).groups[0].by == "qemu"


@MODES
def test_a_mixed_list_is_kept_together_by_txsh(mode: str) -> None:
    text = (
        f"{WORLD}transaction cancel={mode} < backup d to=t bitmap=b job=j; bitmap-clear e.b >\n"
        "wait\nexpect group committed\nexpect bitmap d.b dirty=[]\nexpect bitmap e.b dirty=[]\n"
    )

    assert transactions(text) == [None, None, None]
    assert play(text).groups[0].by == "txsh"


@MODES
def test_a_bitmap_of_mode_always_is_not_left_to_qemu_which_would_lose_it(mode: str) -> None:
    trace = play(
        f"{WORLD}fault u write\ntransaction cancel={mode} < "
        "backup d to=t sync=bitmap bitmap=b bitmap-mode=always job=j; backup e to=u job=k >\n"
        "wait\nexpect group cancelled\nexpect bitmap d.b dirty=[0+128K]\n"
    )

    assert findings(trace) == []
    assert trace.groups[0].by == "txsh"


def test_immediate_actions_are_final_with_the_reply_of_cancel_jobs() -> None:
    trace = play(
        f"{WORLD}fault t write\ntransaction cancel=jobs < bitmap-clear e.b; backup d to=t bitmap=b job=j >\n"
        "expect bitmap e.b dirty=[]\nwait\nexpect group cancelled\nexpect bitmap e.b dirty=[]\n"
        "expect bitmap d.b dirty=[0+128K]\n"
    )

    assert findings(trace) == []


def test_immediate_actions_are_seen_at_the_commit_of_cancel_all() -> None:
    trace = play(
        f"{WORLD}transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j >\n"
        "expect bitmap e.b dirty=[0+64K]\nexpect bitmap d.b busy=false\nwait\nexpect bitmap e.b dirty=[]\n"
    )

    assert findings(trace) == []


@MODES
def test_writes_meanwhile_are_in_the_bitmaps_however_it_ends(mode: str) -> None:
    for end in ("cancel j", "release j"):
        trace = play(
            f"{WORLD}transaction cancel={mode} < backup d to=t bitmap=b job=j hold=64K; bitmap-clear e.b >\n"
            f"write d 512K+64K\nwrite e 256K+64K\n{end}\nwait\nwrite d 768K+64K\n"
        )
        assert findings(trace) == []
        kept = [(0, 131072)] if end == "cancel j" else []
        assert trace.extents["d.b"] == [*kept, (524288, 589824), (786432, 851968)]


@MODES
def test_a_user_who_cancels_one_job_cancels_the_group(mode: str) -> None:
    trace = play(
        f"{WORLD}transaction cancel={mode} < backup d to=t job=j hold=64K; backup e to=u job=k hold=64K; "
        "bitmap-add d.n >\ncancel k\nwait\nexpect job j cancelled\nexpect job k cancelled\nexpect group cancelled\n"
    )

    assert findings(trace) == []
    assert trace.groups[0].reason == "k was cancelled by the script"
    assert [(job.id, job.reason) for job in trace.jobs] == [
        ("j", "with its group: k was cancelled"),
        ("k", "by the script"),
    ]


@MODES
@pytest.mark.parametrize("mixed", ["", "; bitmap-clear e.b"], ids=["by qemu", "by txsh"])
def test_the_reason_of_a_cancelled_group_is_the_job_that_failed(mode: str, mixed: str) -> None:
    trace = play(
        f"{WORLD}fault u write errno=ENOSPC\n"
        f"transaction cancel={mode} < backup d to=t job=j hold=64K; backup e to=u job=k{mixed} >\n"
        'wait\nexpect group cancelled "k failed: No space left on device"\n'
    )

    assert findings(trace) == []
    assert trace.jobs[0].reason == "with its group: k failed"


def test_nothing_of_txshs_own_is_seen_while_a_group_runs() -> None:
    trace = play(
        f"{WORLD}transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j hold=64K >\nshow\n"
        "release j\nwait\nshow\n"
    )

    assert findings(trace) == []
    for statement in trace.statements:
        assert "txsh:" not in (statement.output or "")
        assert not any("txsh:" in change.name for change in statement.changes)


def test_a_target_that_cannot_be_flushed_is_a_vote_of_no() -> None:
    trace = play(
        f"{WORLD}fault t flush\ntransaction cancel=all < backup d to=t bitmap=b job=j; bitmap-clear e.b >\n"
        'wait\nexpect group cancelled "flushing t failed: Input/output error"\nexpect bitmap d.b dirty=[0+128K]\n'
        "expect bitmap e.b dirty=[0+64K]\n"
    )

    assert findings(trace) == []


REFUSED = [
    ("backup d to=t job=j; bitmap-clear e.nope", "Dirty bitmap 'nope' not found", "bitmap-clear e.nope"),
    ("backup d to=t job=j; bitmap-add e.b", "Bitmap already exists: b", "bitmap-add e.b"),
    ("bitmap-clear e.b; backup d to=t bitmap=b job=j; bitmap-clear d.b", "*in use by another*", "bitmap-clear d.b"),
    ("bitmap-clear e.b; abort; backup d to=t job=j", "Transaction aborted using Abort action", "abort"),
    ("bitmap-clear e.b; backup d to=t job=j sync=none", "*sync=none never ends*", "backup d to=t job=j sync=none"),
    ("bitmap-clear e.b; backup d to=t auto-finalize=false", "*second commit*", "backup d to=t auto-finalize=false"),
    ("backup e; backup d to=t auto-finalize=false", "*second commit*", "backup d to=t auto-finalize=false"),
    ("bitmap-merge e.b from=[]; backup d to=t", "*at least one bitmap", "bitmap-merge e.b from=[]"),
    ("bitmap-clear e.b; backup d to=d", "Source and target cannot be the same", "backup d to=d"),
]


@MODES
@pytest.mark.parametrize(("actions", "text", "culprit"), REFUSED, ids=[text for _, text, _ in REFUSED])
def test_what_cannot_be_kept_is_refused_before_anything_is_sent(
    mode: str, actions: str, text: str, culprit: str
) -> None:
    trace = play(f'{WORLD}transaction cancel={mode} < {actions} > fails "{text}"\nexpect bitmap e.b dirty=[0+64K]\n')

    assert findings(trace) == []
    refused = next(statement for statement in trace.statements if statement.outcome == "refused-as-expected")
    assert refused.culprit is not None
    assert refused.culprit.text == culprit
    assert "transaction" not in sent(trace)
    assert trace.groups == []


@MODES
def test_what_only_qemu_knows_is_refused_by_it_in_the_users_names(mode: str) -> None:
    trace = play(
        f"{WORLD}target small 512K\ntransaction cancel={mode} < bitmap-clear e.b; backup d to=small bitmap=b job=j > "
        'fails "Source and target image have different sizes"\nexpect bitmap e.b dirty=[0+64K]\nbitmap-clear e.b\n'
    )

    assert findings(trace) == []


def interfered(command: str, arguments: dict[str, object]) -> Session:
    """A group held in mid-flight, while another client does something; then it goes on."""
    backend = SimBackend()
    session = Session(backend, backend.host)
    start = f"{WORLD}transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j hold=64K >\n"
    run_now(session.run(plan_of(start)))
    run_now(backend.execute(command, arguments))
    release = plan_of("drive d 1M\ntarget t 1M\nbackup d to=t job=j\nrelease j\nwait\n")
    run_now(session.run(release._replace(steps=release.steps[-2:])))
    run_now(session.finish())
    return session


def test_a_commit_that_another_client_makes_impossible_leaves_all_as_it_was() -> None:
    session = interfered("block-dirty-bitmap-remove", {"node": "e", "name": "b"})

    (group,) = session.trace.groups
    assert group.outcome == "cancelled"
    assert group.reason == "the commit was refused: Dirty bitmap 'b' not found"
    assert session.trace.extents == {"d.b": [(0, 131072)]}


def test_a_job_that_another_client_cancels_fails_the_script() -> None:
    session = interfered("job-cancel", {"id": "j"})

    assert session.trace.groups[0].outcome == "cancelled"
    assert session.trace.groups[0].reason == "j was cancelled"
    assert "job-cancelled" in findings(session.trace)


def test_a_fence_that_another_client_pulled_up_is_looked_into() -> None:
    backend = SimBackend()
    session = Session(backend, backend.host)
    start = f"{WORLD}transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j hold=64K >\ncancel j\n"
    run_now(session.run(plan_of(start)))
    run_now(backend.execute("block-dirty-bitmap-remove", {"node": "e", "name": "txsh:00000001:W"}))
    run_now(session.finish())

    assert session.trace.groups[0].outcome == "cancelled"
    assert session.trace.extents == {"d.b": [(0, 131072)], "e.b": [(0, 65536)]}


@MODES
def test_a_job_that_the_user_keeps_stays_concluded(mode: str) -> None:
    trace = play(
        f"{WORLD}transaction cancel={mode} < bitmap-clear e.b; backup d to=t bitmap=b job=j auto-dismiss=false >\n"
        "wait\nexpect job j completed\nexpect group committed\n"
    )

    assert findings(trace) == []
    assert trace.jobs[0].statuses[-1] == "concluded"


def test_two_groups_at_once_keep_to_themselves() -> None:
    trace = play(
        f"{WORLD}transaction cancel=all < backup d to=t bitmap=b job=j hold=64K; bitmap-add d.n >\n"
        "transaction cancel=all < backup e to=u bitmap=b job=k hold=0; bitmap-add e.n >\n"
        "cancel j\nrelease k\nwait\nexpect no bitmap d.n\nexpect bitmap e.n\n"
    )

    assert findings(trace) == []
    assert [group.outcome for group in trace.groups] == ["cancelled", "committed"]


def test_a_second_group_on_the_same_node_is_refused_while_the_first_runs() -> None:
    trace = play(
        f"{WORLD}transaction cancel=all < backup d to=t bitmap=b job=j hold=64K; bitmap-add d.n >\n"
        'transaction cancel=all < backup d to=u job=k; bitmap-add d.m > fails "*belongs to another group *"\n'
        "release j\nwait\n"
    )

    assert findings(trace) == []


@MODES
def test_a_group_commits_only_in_wait(mode: str) -> None:
    # A real QEMU copies on in between: the job may wait at its end by then, but nobody lets it go on.
    before = "expect bitmap d.b dirty=[0+128K]"
    trace = play(
        f"{WORLD}transaction cancel={mode} < backup d to=t bitmap=b job=j; bitmap-clear e.b >\n"
        f"{before}\necho nothing\n{before}\nwait j\nexpect job j completed\nexpect bitmap d.b dirty=[]\n"
    )

    assert findings(trace) == []
