"""Jobs held at exactly the offset that the script says, by whatever means is exact."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play, sent

pytestmark = pytest.mark.usefixtures("on_every_backend")

WORLD = """\
drive d 2M
target t 2M
bitmap-add d.b
"""


@pytest.mark.parametrize("offset", ["0", "64K", "128K", "192K", "1M", "1088K", "1984K"])
def test_a_full_backup_is_held_at_the_offset(offset: str) -> None:
    trace = play(
        f"{WORLD}write d 0+64K\nwrite d 256K+1M\nbackup d to=t job=j hold={offset}\n"
        f"expect job j running offset={offset}\nexpect no event BLOCK_JOB_ERROR\nrelease j\nwait\n"
        "expect job j completed\nexpect data d same=t\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize("offset", ["0", "64K", "128K", "192K", "256K"])
def test_an_incremental_backup_is_held_at_the_offset_across_gaps(offset: str) -> None:
    trace = play(
        f"{WORLD}write d 0+64K\nwrite d 128K+128K\nwrite d 1M+128K\nbackup d to=t bitmap=b job=j hold={offset}\n"
        f"expect job j running offset={offset}\nrelease j\nwait\nexpect job j completed\n"
        "expect data d same=t\nexpect bitmap d.b dirty=[]\n"
    )

    assert findings(trace) == []


def test_one_uniform_first_run_is_held_by_speed() -> None:
    trace = play(f"{WORLD}write d 0+1M\nbackup d to=t job=j hold=512K\nexpect job j offset=512K\nrelease j\nwait\n")

    assert findings(trace) == []
    (backup,) = [exchange for exchange in trace.exchanges if exchange.command == "blockdev-backup"]
    assert backup.arguments["speed"] == 1
    assert backup.arguments["x-perf"] == {"max-workers": 1, "max-chunk": 512 << 10}
    assert "block-job-set-speed" in sent(trace)


def test_a_hole_that_never_was_data_is_held_by_speed_and_one_with_zeroes_written_is_not() -> None:
    for line, by_speed in (("write d 1M+64K", True), ("zero d 64K+64K", False)):
        trace = play(f"{WORLD}{line}\nbackup d to=t job=j hold=256K\nexpect job j offset=256K\nrelease j\nwait\n")
        assert findings(trace) == []
        (backup,) = [exchange for exchange in trace.exchanges if exchange.command == "blockdev-backup"]
        assert ("speed" in backup.arguments) == by_speed


def test_data_next_to_zeroes_is_held_by_a_stop_rule_since_a_chunk_ends_there() -> None:
    trace = play(f"{WORLD}write d 0+64K\nbackup d to=t job=j hold=128K\nexpect job j offset=128K\nrelease j\nwait\n")

    assert findings(trace) == []
    (backup,) = [exchange for exchange in trace.exchanges if exchange.command == "blockdev-backup"]
    assert backup.arguments["on-target-error"] == "enospc"
    assert "job-resume" in sent(trace)


def test_the_speed_that_the_user_gave_comes_back_with_the_release() -> None:
    trace = play(f"{WORLD}write d 0+64K\nbackup d to=t job=j hold=64K speed=1G\nrelease j\nwait\n")

    (back,) = [e for e in trace.exchanges if e.command == "block-job-set-speed" and not e.look]
    assert back.arguments == {"device": "j", "speed": 1 << 30}


def test_the_filter_of_a_stop_rule_goes_with_its_job() -> None:
    trace = play(f"{WORLD}backup d to=t job=j hold=0\nrelease j\nwait\nshow nodes\n")

    assert findings(trace) == []
    assert trace.statements[-1].output == "d  2M qcow2\nt  2M qcow2"
    added = [str(e.arguments["node-name"]) for e in trace.exchanges if e.command == "blockdev-add"]
    removed = [str(e.arguments["node-name"]) for e in trace.exchanges if e.command == "blockdev-del"]
    assert removed == [name for name in added if "hold" in name]


def test_a_bitmap_is_foreseen_through_the_actions_before_the_backup() -> None:
    trace = play(
        f"{WORLD}bitmap-add d.more\nbitmap-disable d.b\nwrite d 1M+256K\n"
        "transaction < bitmap-merge d.b from=more; backup d to=t bitmap=b job=j hold=128K >\n"
        "expect job j running offset=128K\nrelease j\nwait\nexpect data d same=t\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize("change", ["bitmap-add d.n", "bitmap-clear d.b"])
def test_a_bitmap_emptied_before_the_backup_holds_nothing(change: str) -> None:
    name = "n" if "bitmap-add" in change else "b"
    trace = play(
        f"{WORLD}write d 0+1M\ntransaction < {change}; backup d to=t bitmap={name} job=j hold=64K >\n"
        "wait\nexpect job j completed\n"
    )

    assert findings(trace) == []


def test_a_hold_past_the_end_of_the_copying_lets_the_job_end() -> None:
    trace = play(f"{WORLD}write d 0+64K\nbackup d to=t bitmap=b job=j hold=1M\nwait\nexpect job j completed\n")

    assert findings(trace) == []


def test_a_hold_between_the_targets_clusters_is_refused() -> None:
    trace = play(
        'drive d 2M\ntarget t 2M cluster=128K\nbackup d to=t job=j hold=64K fails "*whole clusters of 128K*"\n'
        "backup d to=t job=j hold=128K\nexpect job j offset=128K\nrelease j\nwait\n"
    )

    assert findings(trace) == []


def test_two_jobs_of_a_transaction_are_held_at_once() -> None:
    trace = play(
        "drive d 1M\ndrive e 1M\ntarget t 1M\ntarget u 1M\nwrite d 0+1M\n"
        "transaction < backup d to=t job=j hold=64K; backup e to=u job=k hold=0 >\n"
        "expect job j running offset=64K\nexpect job k running offset=0\nrelease k\nwait k\n"
        "expect job j running offset=64K\nrelease j\nwait\n"
    )

    assert findings(trace) == []


def test_a_held_backup_copies_before_a_guest_write() -> None:
    trace = play(
        f"{WORLD}write d 0+2M pattern=1\nremember before d\nbackup d to=t job=j hold=64K\n"
        "write d 1M+64K pattern=2\nexpect job j offset=128K\nrelease j\nwait\nexpect data t same=before\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize("errno", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("offset", ["0", "64K", "192K", "576K"])
def test_a_job_is_held_beside_a_fault_of_its_target_and_fails_of_it_later(errno: str, offset: str) -> None:
    trace = play(
        f"{WORLD}write d 0+64K\nwrite d 128K+1M\nfault t write at=1M errno={errno}\n"
        f"backup d to=t bitmap=b job=j hold={offset}\nexpect job j running offset={offset}\n"
        "expect no event BLOCK_JOB_ERROR\nrelease j\nwait\nexpect job j failed\n"
        "expect event BLOCK_JOB_ERROR device=j operation=write action=report\nread d 0+1M\nshow nodes\n"
    )

    assert findings(trace) == []
    assert trace.statements[-1].output == "d  2M qcow2\nt  2M qcow2"
    added = [str(e.arguments["node-name"]) for e in trace.exchanges if e.command == "blockdev-add"]
    removed = [str(e.arguments["node-name"]) for e in trace.exchanges if e.command == "blockdev-del"]
    assert removed == [name for name in added if "hold" in name]


def test_a_job_is_held_beside_a_fault_of_its_source() -> None:
    trace = play(
        f"{WORLD}write d 0+1M\nfault d read at=512K\nfault t write at=1M errno=ENOSPC\n"
        "backup d to=t job=j hold=0\nexpect job j offset=0\nrelease j\nwait\n"
        'expect job j failed "Input/output error"\nunfault d\nread d 0+1M\n'
    )

    assert findings(trace) == []


def test_where_neither_side_can_stop_it_exactly_the_hold_is_refused() -> None:
    trace = play(
        f"{WORLD}fault t write at=1M errno=ENOSPC\n"
        "backup d to=t job=j hold=0 fails \"'j' cannot be held at exactly 0: *\"\nshow nodes\n"
    )

    assert findings(trace) == []
    assert trace.statements[-1].output == "d  2M qcow2\nt  2M qcow2"


def test_a_refused_hold_points_at_its_option_and_leaves_no_hold_of_another_action() -> None:
    trace = play(
        f"{WORLD}drive e 2M\ntarget u 2M cluster=128K\nwrite d 0+64K\nwrite d 256K+64K\n"
        "transaction < backup d to=t job=j hold=192K; backup e to=u job=k hold=64K >\n"
    )

    [finding] = trace.diagnostics
    assert (finding.name, finding.span.text) == ("hold-not-aligned", "hold=64K")
    assert trace.statements[-1].culprit is not None
    assert trace.statements[-1].culprit.text == "backup e to=u job=k hold=64K"
    assert sent(trace)[-2:] == ["blockdev-add", "blockdev-del"]


def test_a_held_job_meets_a_fault_after_its_release() -> None:
    trace = play(
        f"{WORLD}write d 0+2M\nfault t write at=1M errno=ENOSPC\nbackup d to=t job=j hold=64K\n"
        'release j\nwait\nexpect job j failed "No space left on device"\n'
    )

    assert findings(trace) == []


def test_a_hold_that_is_refused_takes_those_before_it_away() -> None:
    trace = play(
        f"{WORLD}drive e 1M\ntarget u 1M\nfault u write at=512K errno=ENOSPC\n"
        "transaction < backup d to=t job=j hold=0; backup e to=u job=k hold=0 > fails \"'k' cannot be held*\"\n"
        "show nodes\n"
    )

    assert findings(trace) == []
    added = [str(e.arguments["node-name"]) for e in trace.exchanges if e.command == "blockdev-add"]
    removed = [str(e.arguments["node-name"]) for e in trace.exchanges if e.command == "blockdev-del"]
    assert removed == [name for name in added if "hold" in name] != []


def test_a_job_that_never_comes_to_its_hold_has_come_to_rest_with_its_group() -> None:
    trace = play(
        f"{WORLD}write d 0+64K\ntransaction cancel=all < backup d to=t job=j sync=top hold=1M; bitmap-add d.new >\n"
        "expect group committed\nexpect job j completed\nexpect bitmap d.new\n"
    )

    assert findings(trace) == []


def test_a_job_that_an_error_policy_stops_before_its_hold_has_missed_it_at_once() -> None:
    trace = play(
        f"{WORLD}write d 0+2M\nfault d read at=0 once\n"
        "backup d to=t job=j hold=64K on-source-error=stop fails \"'j' did not come to where it is held\"\n"
        "cancel j\nwait\n"
    )

    assert findings(trace) == []
    statement = trace.statements[-3]
    assert statement.ended_us - statement.started_us < 10_000_000


def test_no_hold_lies_under_a_source_that_another_job_reads() -> None:
    trace = play(
        f"{WORLD}target u 2M\nwrite d 0+2M\nfault t write at=1536K errno=ENOSPC\nfault u write at=1M errno=ENOSPC\n"
        "transaction < backup d to=t job=j hold=1088K; backup d to=u job=k hold=0 > fails \"'j' cannot be held *\"\n"
        "backup d to=t job=j hold=64K\nbackup d to=u job=k hold=0 fails \"'k' cannot be held *\"\n"
        "cancel j\nwait\nbackup d to=u job=k hold=0\nexpect job k running offset=0\ncancel k\nwait\nshow nodes\n"
    )

    assert [finding for finding in findings(trace) if finding != "backups-of-one-source"] == []


def test_a_hold_leaves_an_error_policy_of_the_users_alone() -> None:
    trace = play(
        "drive d 1M format=raw\ntarget t 1M\nwrite d 0+1M\nfault t write at=512K once\n"
        "backup d to=t job=j on-target-error=ignore hold=128K\nexpect job j offset=128K\nrelease j\nwait\n"
        "expect event BLOCK_JOB_ERROR action=ignore\nexpect job j completed\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize("hold", ["64K", "256K"])
def test_a_compressed_backup_is_held_where_it_was_asked_to(hold: str) -> None:
    trace = play(
        "drive d 832K\ntarget t 832K\nwrite d 0+832K pattern=0x11\n"
        f"backup d to=t job=j compress hold={hold}\nexpect job j offset={hold}\nrelease j\nwait\n"
        "expect job j completed\nexpect data t same=d\n"
    )

    assert findings(trace) == []
