"""One group at a time: what it says next, and why."""

from __future__ import annotations

from tests.group.looked import bitmap, node, nodes
from tests.group.short import TX, backup, clear
from txsh.group.move import Done, Flush, Look, Send, Tell, Wait
from txsh.group.prepare import prepare
from txsh.group.told import start_refused, translate
from txsh.group.vote import Group
from txsh.group.wire import own_name
from txsh.model.event import Event, QmpError
from txsh.model.state import JobInfo, NodeInfo

WORLD = nodes(node("s0", "b"), node("s1", "c"), node("t0", driver="raw"), node("t1", driver="raw"))
LIST = [clear("b"), backup("j0", "incremental", bitmap="b"), backup("j1", source="s1", target="t1")]
PREPARED = prepare(LIST, WORLD, TX, "all")
REFUSED = QmpError(
    "GenericError", f"Bitmap 'txsh:{TX}:S:1' is currently in use by another operation and cannot be used"
)


def _status(job: str, status: str) -> Event:
    return Event(0, "JOB_STATUS_CHANGE", {"id": job, "status": status})


def _voted(*jobs: str) -> Group:
    group = Group(PREPARED)
    group.started()
    for job in jobs:
        group.heard(_status(job, "pending"))
    return group


def _all_flushed() -> Group:
    group = _voted("j0", "j1")
    for target in ("t0", "t1"):
        assert group.next() == Flush(target)
        group.flushed(target, None)
    return group


def _after(*names: str, busy: str = "") -> dict[str, NodeInfo]:
    return nodes(node("s0", *(bitmap(own_name(TX, name), busy=name == busy) for name in names)))


def test_votes_that_come_before_the_reply_count() -> None:
    group = Group(PREPARED)
    group.heard(_status("j0", "pending"))
    group.heard(_status("j1", "pending"))
    assert group.next() == Wait()
    group.started()
    assert group.next() == Flush("t0")


def test_nothing_is_flushed_before_all_have_voted() -> None:
    assert _voted("j0").next() == Wait()


def test_a_target_that_cannot_be_flushed_cancels_the_group() -> None:
    group = _voted("j0", "j1")
    group.next()
    group.flushed("t0", "No space left on device")
    assert group.next() == Send("fence", PREPARED.fence)
    assert group.reason == "flushing t0 failed: No space left on device"


def test_a_job_cancelled_while_targets_are_flushed_cancels_the_group() -> None:
    group = _voted("j0", "j1")
    group.next()
    group.heard(_status("j1", "aborting"))
    group.heard(Event(0, "BLOCK_JOB_CANCELLED", {"device": "j1"}))
    group.flushed("t0", None)
    assert group.next() == Send("fence", PREPARED.fence)
    assert group.reason == "j1 was cancelled"


def test_jobs_are_finalized_one_after_the_other() -> None:
    group = _all_flushed()
    assert group.next() == Send("commit", PREPARED.t3)
    group.replied(None)
    assert group.outcome == "committed"
    assert group.next() == Tell("job-finalize", "j0")
    group.replied(None)
    assert group.next() == Wait()
    group.heard(_status("j0", "concluded"))
    assert group.next() == Tell("job-finalize", "j1")


def test_a_job_cancelled_after_the_commit_changes_nothing() -> None:
    group = _all_flushed()
    group.next()
    group.replied(None)
    group.heard(_status("j1", "aborting"))
    group.heard(_status("j1", "null"))
    assert group.next() == Tell("job-finalize", "j0")
    assert (group.outcome, group.reason) == ("committed", None)


def test_a_refused_commit_is_told_in_the_users_names() -> None:
    group = _all_flushed()
    group.next()
    group.replied(REFUSED)
    assert group.next() == Send("fence", PREPARED.fence)
    in_use = "Bitmap 'b' is currently in use by another operation and cannot be used"
    assert group.reason == f"the commit was refused: {in_use}"


def test_the_first_job_that_fails_is_the_reason_and_its_error_follows() -> None:
    group = _voted()
    group.heard(_status("j1", "aborting"))
    assert (group.next(), group.outcome) == (Send("fence", PREPARED.fence), None)
    group.heard(Event(0, "BLOCK_JOB_COMPLETED", {"device": "j1", "error": "Input/output error"}))
    group.replied(None)
    assert group.next() == Tell("job-cancel", "j0")
    assert group.outcome == "cancelled"
    group.heard(Event(0, "BLOCK_JOB_CANCELLED", {"device": "j0"}))
    assert group.reason == "j1 failed: Input/output error"
    assert group.culprit is group.ballots["j1"]


def test_what_happens_to_a_later_job_of_the_same_id_is_nobodys_vote() -> None:
    group = _voted()
    group.heard(_status("j1", "null"))
    group.heard(_status("j1", "pending"))
    assert not group.ballots["j1"].is_pending


def test_a_job_finalized_by_somebody_else_is_a_no() -> None:
    group = _voted("j0", "j1")
    group.heard(Event(0, "BLOCK_JOB_COMPLETED", {"device": "j0"}))
    assert group.next() == Send("fence", PREPARED.fence)
    assert group.reason == "j0 was finalized by somebody else"


def test_giving_up_before_the_commit_cancels_and_afterwards_does_not() -> None:
    early, late = _voted("j0"), _all_flushed()
    early.abandon("interrupted")
    late.next()
    late.abandon("interrupted")
    assert early.next() == Send("fence", PREPARED.fence)
    assert early.reason == "interrupted"
    assert late.next() == Send("commit", PREPARED.t3)


def test_giving_up_before_the_start_was_answered_cancels_at_the_answer() -> None:
    group = Group(PREPARED)
    group.abandon("interrupted")
    assert group.next() == Wait()
    group.started()
    assert group.next() == Send("fence", PREPARED.fence)


def test_a_fence_that_somebody_was_faster_with_is_looked_into() -> None:
    group = _voted()
    group.abandon("interrupted")
    group.next()
    group.replied(QmpError("GenericError", f"Dirty bitmap 'txsh:{TX}:W' not found"))
    assert group.next() == Look()
    group.looked(_after("S:1", "J:j0"), {})
    assert group.next() == Send("clear", PREPARED.abort_cleanup)


def test_a_commit_whose_reply_was_lost_is_known_by_its_record() -> None:
    group = _all_flushed()
    group.next()
    group.reply_lost()
    assert group.next() == Look()
    jobs = {job: JobInfo(job, "backup", "pending", 0, 0, None) for job in ("j0", "j1")}
    group.looked(_after("C", "J:j0"), jobs)
    assert group.next() == Tell("job-finalize", "j0")
    assert group.outcome == "committed"


def test_a_commit_that_was_not_carried_out_is_made_impossible_first() -> None:
    group = _all_flushed()
    group.next()
    group.reply_lost()
    group.next()
    jobs = {job: JobInfo(job, "backup", "pending", 0, 0, None) for job in ("j0", "j1")}
    group.looked(_after("W", "S:1", "J:j0"), jobs)
    assert group.next() == Send("fence", PREPARED.fence[:1])
    assert group.reason == "the reply to its commit was lost, and it was not carried out"


def test_a_lost_commit_that_somebody_cleared_up_after_is_unknown() -> None:
    group = _all_flushed()
    group.next()
    group.reply_lost()
    group.next()
    group.looked(nodes(node("s0", "b")), {})
    assert group.next() == Done("unknown", "the reply to its commit was lost", ())


def test_a_lost_start_that_never_happened_leaves_nothing_to_do() -> None:
    group = Group(PREPARED)
    group.start_lost()
    assert group.next() == Look()
    group.looked(nodes(node("s0", "b")), {})
    assert group.next() == Send("clear", PREPARED.abort_cleanup)


def test_a_bitmap_in_use_is_left_and_the_others_go() -> None:
    group = _all_flushed()
    group.next()
    group.replied(None)
    for job in ("j0", "j1"):
        group.heard(_status(job, "null"))
    assert group.next() == Send("clear", PREPARED.finish_cleanup)
    group.replied(REFUSED)
    assert group.next() == Look()
    group.looked(_after("C", "J:j0", busy="C"), {})
    rest = tuple(one for one in PREPARED.finish_cleanup if one[1]["name"] == own_name(TX, "J:j0"))
    assert group.next() == Send("clear", rest)
    group.replied(None)
    assert group.next() == Done("committed", None, (("s0", own_name(TX, "C")),))


def test_names_of_shadows_and_of_what_jobs_hold_are_told_as_the_users() -> None:
    many = prepare(
        [clear(f"b{number}") for number in range(11)], nodes(node("s0", *(f"b{n}" for n in range(11)))), TX, "all"
    )
    assert translate(f"'txsh:{TX}:S:1' and 'txsh:{TX}:S:11'", many) == "'b0' and 'b10'"
    assert translate(f"'txsh:{TX}:J:j0' 'txsh:{TX}:W'", PREPARED) == f"'b' 'txsh:{TX}:W'"


def test_a_start_refused_because_the_world_changed_is_told_as_the_users_own_list_would_be() -> None:
    error = QmpError("GenericError", "Dirty bitmap 'b' not found")
    world = nodes(node("s0"), node("s1"), node("t0", driver="raw"), node("t1", driver="raw"))
    actions = LIST[1:]
    prepared = prepare(actions, WORLD, TX, "all")
    told = start_refused(error, prepared, actions, world, {}, version=(7, 2))
    assert told == (QmpError("GenericError", "Bitmap 'b' could not be found"), 0)


def test_a_start_refused_for_what_nobody_can_see_is_blamed_by_its_names() -> None:
    error = QmpError("GenericError", "Node 't1' is busy: node is used as backing hd of 'x'")
    assert start_refused(error, PREPARED, LIST, WORLD, {}, version=(7, 2)) == (error, 2)
