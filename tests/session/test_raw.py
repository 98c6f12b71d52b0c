"""Raw QMP: what it starts is followed, what it makes is there, and its reply can be looked at."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play

pytestmark = pytest.mark.usefixtures("on_every_backend")

WORLD = "drive d 1M\nbitmap-add d.b\nwrite d 0+256K\ntarget t 1M\n"


def test_a_command_in_words_and_one_in_json_do_the_same() -> None:
    trace = play(
        f"{WORLD}qmp block-dirty-bitmap-add node=d name=0123 granularity=32K\n"
        'qmp {"execute": "block-dirty-bitmap-add", "arguments": {"node": "d", "name": "a b", "disabled": true}}\n'
        'expect bitmap d.0123 recording\nexpect bitmap d."a b" recording=false\n'
    )

    assert findings(trace) == []
    assert trace.bitmaps is not None
    assert trace.bitmaps["d.0123"].granularity_bytes == 32768


def test_a_reply_can_be_looked_at() -> None:
    trace = play(
        "drive d 1M\nqmp query-named-block-nodes flat=true\n"
        "expect reply return.0.node-name=d return.0.drv=qcow2 return.0.ro=false return.0.image.virtual-size=1M\n"
        'expect reply return.0.node-name=* return.0.cache={"no-flush": false, "direct": false, "writeback": true}\n'
        "expect reply return.0.image=* return.0.image.virtual-size=*\nqmp query-jobs\nexpect reply return=[]\n"
    )

    assert findings(trace) == []


def test_a_refusal_can_be_looked_at() -> None:
    trace = play(
        f'{WORLD}qmp query-nope fails "The command query-nope has not been found"\n'
        "expect reply error.class=CommandNotFound error.desc=*nope*\n"
        'qmp block-dirty-bitmap-add node=d name=b fails "Bitmap already exists: b"\n'
        'expect reply error={"class": "GenericError", "desc": "Bitmap already exists: b"}\n'
    )

    assert findings(trace) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("return.0.ro=true", "return.0.ro is false instead of true"),
        ("return.7.ro=true", "the reply has no '7' there"),
        ("return.0.nope=1", "the reply has no 'nope' there"),
        ("error.class=GenericError", "the reply has no 'error' there"),
        ('return.0.image.virtual-size="1M"', 'return.0.image.virtual-size is 1048576 instead of "1M"'),
    ],
)
def test_a_reply_that_is_different_fails_the_script(path: str, text: str) -> None:
    trace = play(f"drive d 1M\nqmp query-named-block-nodes flat=true\nexpect reply {path}\n")

    (finding,) = trace.diagnostics
    assert finding.name == "expectation-failed"
    assert finding.message.startswith(text)
    assert finding.span.text == path
    assert [note.span.text for note in finding.notes] == ["qmp query-named-block-nodes flat=true"]


def test_a_job_that_it_starts_is_followed_to_its_end() -> None:
    trace = play(
        f"{WORLD}qmp blockdev-backup job-id=j device=d target=t sync=full\nwait j\nexpect job j completed\n"
        "expect data t same=d\n"
    )

    assert findings(trace) == []
    assert [(job.id, job.type, job.node, job.target) for job in trace.jobs] == [("j", "backup", "d", "t")]


def test_a_script_ends_with_the_jobs_of_raw_commands() -> None:
    trace = play(
        "drive d 1M\nwrite d 0+64K\nfault d read\ntarget t 1M\n"
        "qmp blockdev-backup job-id=j device=d target=t sync=full\n"
    )
    assert findings(trace) == ["job-failed"]
    assert trace.diagnostics[0].span.text.startswith("qmp blockdev-backup")


def test_a_job_that_passes_by_a_fault_is_warned_of() -> None:
    trace = play(f"{WORLD}fault t write\nqmp blockdev-backup job-id=j device=d target=t sync=full\nwait\n")
    assert findings(trace) == ["fault-not-met"]
    assert trace.verdict.word == "passed"

    trace = play(
        f"{WORLD}fault t write\nqmp blockdev-backup job-id=j device=d target=t-fault sync=full\n"
        "wait\nexpect job j failed\n"
    )
    assert findings(trace) == []


def test_the_jobs_of_a_raw_transaction_are_followed_at_their_actions() -> None:
    trace = play(
        "drive d 1M\nwrite d 0+64K\ntarget t 1M\ndrive e 1M\nwrite e 0+64K\ntarget u 1M\nfault d read\n"
        'qmp {"execute": "transaction", "arguments": {"properties": {"completion-mode": "grouped"}, "actions": [\n'
        '    {"type": "blockdev-backup", "data": {"device": "d", "target": "t", "sync": "full", "job-id": "a"}},\n'
        '    {"type": "blockdev-backup", "data": {"device": "e", "target": "u", "sync": "full", "job-id": "b"}}]}}\n'
        'wait\nexpect job a failed "Input/output error"\nexpect job b cancelled\n'
    )

    assert findings(trace) == []
    assert [job.span and job.span.text[:42] for job in trace.jobs] == ['{"type": "blockdev-backup", "data": {"devi'] * 2


def test_a_refused_transaction_names_its_action() -> None:
    trace = play(
        f"{WORLD}"
        'qmp {"execute": "transaction", "arguments": {"actions": [\n'
        '    {"type": "block-dirty-bitmap-clear", "data": {"node": "d", "name": "b"}},\n'
        '    {"type": "block-dirty-bitmap-clear", "data": {"node": "d", "name": "nope"}}]}}\n'
    )

    assert findings(trace) == ["refused"]
    assert (
        trace.diagnostics[0].span.text == '{"type": "block-dirty-bitmap-clear", "data": {"node": "d", "name": "nope"}}'
    )
    assert trace.bitmaps is not None
    assert trace.bitmaps["d.b"].count_bytes == 256 << 10


def test_what_it_does_to_a_job_is_the_scripts_own_act() -> None:
    trace = play(
        f"{WORLD}backup d to=t job=j hold=64K\nqmp job-pause id=j\nexpect job j paused\nqmp job-resume id=j\n"
        "qmp job-cancel id=j\nwait\nexpect job j cancelled\n"
    )

    assert findings(trace) == []
    assert trace.jobs[0].reason == "by the script"


def test_a_job_of_no_block_device_is_followed_and_its_error_is_asked_for() -> None:
    trace = play(
        "qmp blockdev-create job-id=c options.driver=file options.filename=new.raw options.size=1M\n"
        "wait\nexpect job c completed\ndismiss c\n"
        "qmp blockdev-create job-id=c options.driver=qcow2 options.file=nope options.size=1M\nwait\n"
        "expect job c failed \"Cannot find device='nope' nor node-name='nope'\"\n"
    )

    assert findings(trace) == []
    assert [job.type for job in trace.jobs] == ["create", "create"]


def test_a_raw_reopen_is_kept_by_what_comes_after_it() -> None:
    trace = play(
        "drive d 1M\nwrite d 0+64K\n"
        'qmp blockdev-reopen options=[{"driver": "qcow2", "node-name": "d", "file": "d-file", "read-only": true}]\n'
        "expect node d readonly\nfault d read\nread d 0+64K fails\nunfault d\nread d 0+64K\nexpect node d readonly\n"
    )

    assert findings(trace) == []


def test_nodes_come_and_go() -> None:
    trace = play(
        "qmp blockdev-add driver=null-co node-name=n size=1M read-zeroes=true\nexpect node n\n"
        "bitmap-add n.b\nwrite n 0+64K\nexpect bitmap n.b dirty=[0+64K]\n"
        "qmp blockdev-del node-name=n\nexpect no node n\ndrive n 1M\nwrite n 0+64K\n"
    )

    assert findings(trace) == []


def test_what_would_kill_qemu_is_not_sent() -> None:
    trace = play(
        f"{WORLD}qmp block-dirty-bitmap-merge node=d target=b bitmaps=[] fails\n"
        'qmp {"execute": "transaction", "arguments": {"actions": [\n'
        '    {"type": "block-dirty-bitmap-enable", "data": {"node": "d", "name": "nope"}}]}}'
        " fails \"Dirty bitmap 'nope' not found\"\n"
        "expect reply error.desc=\"Dirty bitmap 'nope' not found\"\nexpect bitmap d.b\n"
    )

    assert findings(trace) == []


def test_arguments_that_must_be_refused_are_sent_as_they_stand() -> None:
    trace = play(
        f"{WORLD}"
        "qmp block-dirty-bitmap-add node=d name=x granularity=64X fails \"Parameter 'granularity' expects uint64\"\n"
        "qmp block-dirty-bitmap-add node=d fails \"Parameter 'name' is missing\"\n"
        "qmp block-dirty-bitmap-clear node=d name=b nonsense=1 fails \"Parameter 'nonsense' is unexpected\"\n"
    )

    assert findings(trace) == []


def test_a_script_may_end_qemu() -> None:
    trace = play(f"{WORLD}backup d to=t job=j hold=64K\nqmp quit\nexpect reply return={{}}\necho gone\n")

    assert findings(trace) == []
    assert trace.verdict.word == "passed"
    assert trace.bitmaps is None


def test_nothing_can_be_asked_of_qemu_after_its_end() -> None:
    trace = play(f"{WORLD}qmp quit\nexpect bitmap d.b\n")

    assert trace.verdict.word == "lost"
    assert trace.verdict.unknown is None
