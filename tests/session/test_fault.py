"""Faults over targets and under drives."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play, sent

pytestmark = pytest.mark.usefixtures("on_every_backend")

TARGET = "target n 1M\nwrite n 0+256K\n"
DRIVE = "drive n 1M\nwrite n 0+256K\n"
RAW = "drive n 1M format=raw\nwrite n 0+256K\n"
PLACES = pytest.mark.parametrize("world", [TARGET, DRIVE, RAW], ids=["over a target", "under qcow2", "under raw"])

WRITES = "write n 0+64K{}\nwrite n 64K+64K{}\nwrite n 128K+64K{}\nwrite n 192K+64K{}\n"
READS = WRITES.replace("write", "read")
FLUSHES = "".join(f"write n {offset}+64K\nflush n{{}}\n" for offset in ("0", "64K", "128K", "192K"))

TIMES = [
    ("", (True, True, True, True)),
    (" once", (True, False, False, False)),
    (" after=2", (False, False, True, True)),
    (" after=1 once", (False, True, False, False)),
]


@PLACES
@pytest.mark.parametrize(("when", "fails"), TIMES, ids=[when or "always" for when, _ in TIMES])
@pytest.mark.parametrize(("operation", "accesses"), [("write", WRITES), ("read", READS), ("flush", FLUSHES)])
def test_exactly_the_accesses_that_are_meant_fail(
    world: str, operation: str, accesses: str, when: str, fails: tuple[bool, ...]
) -> None:
    lines = accesses.format(*[' fails "No space left on device"' if failing else "" for failing in fails])

    trace = play(f"{world}fault n {operation} errno=ENOSPC{when}\n{lines}unfault n\n{accesses.format('', '', '', '')}")

    assert findings(trace) == []


@PLACES
@pytest.mark.parametrize("operation", ["write", "read"])
def test_only_accesses_that_touch_the_place_fail(world: str, operation: str) -> None:
    trace = play(
        f"{world}fault n {operation} at=128K\n{operation} n 64K+64K\n{operation} n 128K+64K fails\n"
        f"{operation} n 64K+128K fails\n{operation} n 192K+64K\n"
    )

    assert findings(trace) == []


def test_writing_zeroes_is_writing() -> None:
    assert findings(play(f"{TARGET}fault n write once\nzero n 0+64K fails\nwrite n 0+64K\n")) == []
    assert findings(play(f"{TARGET}fault n write\nzero n 0+64K fails\n")) == []


@PLACES
def test_several_faults_lie_on_top_of_each_other(world: str) -> None:
    trace = play(
        f"{world}fault n write at=0\nfault n write at=64K errno=ENOSPC\nfault n read at=128K\n"
        'write n 0+64K fails "Input/output error"\nwrite n 64K+64K fails "No space left on device"\n'
        "read n 128K+64K fails\nwrite n 128K+64K\nunfault n\nwrite n 0+256K\nread n 0+256K\n"
    )

    assert findings(trace) == []


def test_a_backup_writes_through_the_fault_and_users_see_their_own_name() -> None:
    trace = play(
        "drive d 1M\ndrive e 1M\ntarget t 1M\ntarget s 2M\nwrite d 0+1M\n"
        "fault t write at=512K errno=ENOSPC\nfault s write\n"
        'backup d to=t job=j\nwait\nexpect job j failed "No space left on device"\nshow nodes\n'
        "transaction < backup d to=t job=a; backup e to=t job=b > fails "
        "\"Node 't' is busy: block device is in use by block job: backup\"\n"
    )

    assert findings(trace) == []
    assert trace.jobs[0].target == "t"
    shown = next(statement.output for statement in trace.statements if statement.verb == "show")
    assert shown == "d  1M qcow2\ne  1M qcow2\nt  1M qcow2\ns  2M qcow2"


def test_a_fault_under_a_drive_keeps_its_bitmaps_recording_failed_writes_too() -> None:
    trace = play(
        f"{DRIVE}bitmap-add n.b\nfault n write at=0\nwrite n 0+64K fails\nwrite n 64K+64K\nunfault n\n"
        "write n 128K+64K\nexpect bitmap n.b dirty=[0+192K] recording\n"
    )

    assert findings(trace) == []


def test_a_backup_of_a_drive_meets_the_fault_under_it() -> None:
    trace = play(
        f"{DRIVE}target t 1M\nfault n read at=128K\nbackup n to=t job=j\nwait\n"
        'expect job j failed "Input/output error"\nexpect event BLOCK_JOB_ERROR device=j operation=read\n'
    )

    assert findings(trace) == []


def test_a_job_that_runs_already_meets_a_fault_put_under_its_source() -> None:
    trace = play(
        "drive d 1M\ntarget t 1M\nbitmap-add d.b\nwrite d 0+1M\nbackup d to=t bitmap=b job=j hold=64K\n"
        "fault d read at=512K\nfault d write at=768K errno=ENOSPC\nwrite d 768K+64K fails\nrelease j\nwait\n"
        'expect job j failed "Input/output error"\nunfault d\nbackup d to=t bitmap=b job=j\nwait\n'
        "expect job j completed\nexpect data t same=d\nexpect bitmap d.b dirty=[]\n"
    )

    assert findings(trace) == []


def test_a_drive_that_is_read_only_or_discards_keeps_its_options_through_a_fault() -> None:
    trace = play(
        "drive d 1M discard=unmap\nwrite d 0+128K\nbitmap-add d.b\nfault d write\nunfault d\n"
        "discard d 0+64K\nexpect bitmap d.b dirty=[0+64K]\ndrive o 1M backing=d readonly\nfault o read once\n"
        "read o 512K+64K\nunfault o\nexpect node o readonly backing=d\nread o 64K+64K pattern=0xcd\n"
    )

    assert findings(trace) == []


def test_looking_at_a_node_does_not_use_its_fault_up() -> None:
    trace = play(
        f"{DRIVE}remember before n\nfault n read once\nexpect data n same=before\nremember again n\n"
        "expect data n 0+64K pattern=0xcd\nread n 0+64K fails\nread n 0+64K\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("drive n 1M\nfault n write at=0", "*nothing allocated there*"),
        ("drive n 1M format=null-co\nfault n write", "*no file under it*"),
        ("target n 1M\nfault n write at=0 after=1", "*'after='*"),
        ("target n 1M\nfault n flush at=0", "*whole node"),
        ("drive d 1M\ntarget n 1M\nbackup d to=n job=j hold=64K\nfault n write", "job 'j' already writes to 'n'*"),
    ],
)
def test_a_fault_that_could_not_do_what_is_said_is_refused(lines: str, text: str) -> None:
    trace = play(f'{lines} fails "{text}"\n')

    assert [name for name in findings(trace) if name != "still-held"] == []


def test_a_fault_stays_while_a_job_writes_through_it() -> None:
    trace = play(
        "drive d 1M\ntarget t 1M\nwrite d 0+1M\nfault t write at=512K once\nbackup d to=t job=j hold=64K\n"
        'unfault t fails "*through its fault*"\nrelease j\nwait\nexpect job j failed\nunfault t\n'
        "backup d to=t job=j\nwait\nexpect job j completed\n"
    )

    assert findings(trace) == []


def test_unfault_of_a_node_without_a_fault_does_nothing() -> None:
    trace = play("drive n 1M\nunfault n\n")

    assert findings(trace) == []
    assert "blockdev-reopen" not in sent(trace)


@pytest.mark.parametrize("first", ["read", "write", "read once", "write after=1"])
def test_a_place_can_fail_beside_accesses_that_are_counted(first: str) -> None:
    trace = play(
        f"drive d 1M\nwrite d 0+1M\nfault d write at=512K\nfault d {first}\nfault d write at=0 errno=ENOSPC\n"
        "write d 0+4K fails\nwrite d 512K+4K fails\nunfault d\nfault d write at=0\nfault d read at=64K\n"
        "write d 0+4K fails\nread d 64K+4K fails\nunfault d\nwrite d 0+1M\nread d 0+1M\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize("kind", ["", "cluster=4K", "compat=v2"])
def test_faults_that_count_accesses_count_side_by_side(kind: str) -> None:
    trace = play(
        f"drive d 1M {kind}\nwrite d 0+256K\n"
        "fault d write after=2\nfault d read after=1\nfault d write once errno=ENOSPC\n"
        'write d 0+4K fails "No space left on device"\nread d 0+4K\nwrite d 0+4K\n'
        'read d 0+4K fails "Input/output error"\nread d 0+4K fails\nwrite d 0+4K fails "Input/output error"\n'
        "flush d\nunfault d\nwrite d 0+4K\nread d 0+4K\nflush d\n"
    )

    assert findings(trace) == []


def test_a_backup_meets_the_one_and_the_guest_the_other() -> None:
    trace = play(
        "drive b 1M\nwrite b 0+1M\ndrive d 1M backing=b\nwrite d 0+256K\nfault d read errno=ENOSPC\nfault d write\n"
        'backup d job=j\nwait\nexpect job j failed "No space left on device"\n'
        'write d 0+64K fails "Input/output error"\nread d 512K+64K\nunfault d\n'
        "backup d to=d-target job=k\nwait\nexpect data d-target same=d\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize(("first", "access"), [("read once", "read"), ("write after=1", "write")])
def test_a_fault_that_has_counted_is_not_made_to_count_anew(first: str, access: str) -> None:
    trace = play(
        f"drive d 1M\nwrite d 0+1M\nfault d {first}\n{access} d 0+4K{' fails' if 'once' in first else ''}\n"
        "fault d write errno=ENOSPC fails \"'d' has a fault that counts accesses, and would begin anew *\"\n"
        f"{access} d 0+4K{'' if 'once' in first else ' fails'}\n"
    )

    assert findings(trace) == []


def test_faults_that_count_too_much_side_by_side_are_refused() -> None:
    trace = play('drive d 1M\nfault d write after=90\nfault d read after=90 fails "*count too many accesses*"\n')

    assert findings(trace) == []


def test_a_hold_does_not_come_between_a_drive_and_such_a_fault_either() -> None:
    trace = play(
        "drive d 1M\ntarget t 1M\nwrite d 0+1M\nfault d read\nfault t write at=512K errno=ENOSPC\n"
        "backup d to=t job=j hold=0 fails \"'j' cannot be held at exactly 0: *\"\n"
    )

    assert findings(trace) == []


def test_a_read_of_no_length_meets_no_fault() -> None:
    trace = play("drive d 1M format=raw\nfault d read once\nread d 0+0\nread d 0+512 fails\n")

    assert findings(trace) == []
