"""A run on a QEMU of somebody else: it knows what is there, asks before that is lost, and leaves nothing of its own."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import CHECKOUT
from tests.live.run import Run
from tests.live.standing import Failed, Standing

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live

PROGRAMS = pytest.mark.parametrize("program", ["qemu", "qsd"])


@PROGRAMS
def test_a_look_changes_nothing(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("d", "b")
        before = qemu.state()

        code, output, error = qemu.txsh("expect bitmap d.b count=0 recording\nexpect node d readonly=false\nshow\n")

        assert (code, error) == (0, "")
        assert "d  1M qcow2\n" in output
        assert qemu.state() == before


@PROGRAMS
def test_what_a_script_makes_is_gone_with_it_and_what_it_does_to_others_stays(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("d", "b")
        nodes = {node["node-name"] for node in qemu.run("query-named-block-nodes", flat=True)}
        script = """\
target t 1M
drive own 1M
fault t write at=512K errno=ENOSPC
write own 0+64K
write d 0+128K pattern=0x11
expect bitmap d.b dirty=[0+128K]
expect data d 0+128K pattern=0x11
backup d to=t bitmap=b job=j
wait
expect job j completed
expect bitmap d.b dirty=[]
bitmap-add d.new
"""

        code, output, error = qemu.txsh(script, "--yes")

        assert (code, error) == (0, ""), output
        assert {node["node-name"] for node in qemu.run("query-named-block-nodes", flat=True)} == nodes
        (node,) = (info for info in qemu.run("query-named-block-nodes", flat=True) if info["node-name"] == "d")
        assert {bitmap["name"] for bitmap in node["dirty-bitmaps"]} == {"b", "new"}
        assert qemu.run("query-block-exports") == []
        # No NBD server of txsh's is left in the way of this one.
        qemu.run("nbd-server-start", addr={"type": "unix", "data": {"path": "nbd"}})


@PROGRAMS
@pytest.mark.parametrize("path", sorted(CHECKOUT.glob("scripts/*.txsh")), ids=lambda path: path.stem)
def test_a_script_that_says_where_to_passes_where_it_has_its_own_drives(program: str, path: Path) -> None:
    with Standing(program) as qemu:
        before = qemu.state()

        code, output, error = qemu.txsh(path.read_text())

        if path.stem in {"brief-line", "individual-failure"}:
            assert (code, output) == (2, "")
            assert error.startswith("error[no-target]")
        else:
            assert (code, error) == (0, ""), output
        assert qemu.state() == before


@PROGRAMS
def test_what_was_there_is_not_lost_without_yes(program: str) -> None:
    script = "bitmap-add d.mine\nbitmap-clear d.mine\nbitmap-clear d.b\ntransaction < bitmap-remove d.b >\n"
    with Standing(program) as qemu:
        qemu.drive("d", "b")
        before = qemu.state()

        code, output, error = qemu.txsh(script)

        assert (code, output) == (2, "")
        assert error == (
            f"error[would-be-lost]: it forgets the dirty bits of bitmap d.b, and what qmp:{qemu.path} had before this "
            "run is lost only with --yes\n"
            "  --> <stdin>:3:1\n"
            "  3 | bitmap-clear d.b\n"
            "    | ^^^^^^^^^^^^^^^^\n"
            "    help: nothing was run\n"
            "note: this, too: removes bitmap d.b\n"
            "  --> <stdin>:4:15\n"
            "  4 | transaction < bitmap-remove d.b >\n"
            "    |               ^^^^^^^^^^^^^^^^^\n"
        )
        assert qemu.state() == before
        assert qemu.txsh(script, "--yes")[0] == 0


@PROGRAMS
def test_jobs_of_others_are_known_and_left_alone(program: str) -> None:
    script = """\
target t 1M
expect job theirs pending
expect job slow running
backup d to=t job=ours
wait
expect job ours completed
expect job theirs pending
expect job slow running
"""
    with Standing(program) as qemu:
        qemu.drive("d")
        qemu.drive("e", large=True)
        qemu.drive("f", large=True)
        qemu.drive("g")
        qemu.backup("slow", "e", "f", speed=1)
        qemu.drive("h")
        qemu.backup("theirs", "g", "h", auto_finalize=False)

        code, output, error = qemu.txsh(script)

        assert (code, error) == (0, ""), output
        assert {job["id"]: job["status"] for job in qemu.run("query-jobs")} == {"slow": "running", "theirs": "pending"}


@PROGRAMS
def test_a_job_of_others_is_cancelled_only_with_yes(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("e", large=True)
        qemu.drive("f", large=True)
        qemu.backup("slow", "e", "f", speed=1)

        code, _, error = qemu.txsh("cancel slow\nwait slow\n")
        assert (code, error.partition(",")[0]) == (2, "error[would-be-lost]: it ends job slow")
        assert len(qemu.run("query-jobs")) == 1

        code, output, error = qemu.txsh("cancel slow\nwait slow\nexpect job slow cancelled\n", "--yes")
        assert (code, error) == (0, ""), output
        assert qemu.run("query-jobs") == []


def test_a_name_that_is_not_there_is_told_before_anything_is_run() -> None:
    with Standing("qsd") as qemu:
        qemu.drive("drive0", "b")
        before = qemu.state()

        code, output, error = qemu.txsh("bitmap-add drive0.x\nbitmap-add drvie0.y\n")

        assert (code, output) == (2, "")
        assert "did you mean 'drive0'?" in error
        assert qemu.state() == before


def test_a_backup_that_does_not_say_where_to_is_asked() -> None:
    with Standing("qsd") as qemu:
        qemu.drive("d")

        code, output, error = qemu.txsh("backup d\n")

        assert (code, output) == (2, "")
        assert error == (
            "error[no-target]: where 'd' is to be copied is not said, and a running QEMU gets no target by itself\n"
            "  --> <stdin>:1:1\n"
            "  1 | backup d\n"
            "    | ^^^^^^ say where: to=NODE\n"
            "    help: 'target d-target SIZE' before it makes one that vanishes with the run\n"
        )


@PROGRAMS
def test_where_an_nbd_server_runs_only_the_human_monitor_writes(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("d", "b")
        qemu.run("nbd-server-start", addr={"type": "unix", "data": {"path": "nbd"}})

        code, output, error = qemu.txsh("write d 64K+64K\nexpect bitmap d.b count=64K\n", "--yes")

        if program == "qemu":
            assert code == 0, error
            assert error.startswith("warning[unseen-errors]: guest I/O goes through QEMU's human monitor here")
        else:
            assert code == 1, output
            assert error.startswith("error[no-guest-io]: the NBD server that guest I/O needs cannot be started")
        # Theirs still runs.
        with pytest.raises(Failed, match="NBD server already running"):
            qemu.run("nbd-server-start", addr={"type": "unix", "data": {"path": "nbd2"}})


def test_without_an_nbd_server_of_our_own_dirty_ranges_are_compared_by_their_digest() -> None:
    with Standing("qemu") as qemu:
        qemu.drive("d", "b")
        qemu.run("human-monitor-command", command_line='qemu-io d "write 64k 128k"')
        qemu.run("nbd-server-start", addr={"type": "unix", "data": {"path": "nbd"}})
        before = qemu.state()

        assert qemu.txsh("expect bitmap d.b dirty=[64K+128K]\n")[::2] == (0, "")
        code, output, error = qemu.txsh("expect bitmap d.b dirty=[0+128K]\n")

        assert code == 1, output
        assert "other ranges of 128K in all instead of dirty=[0+128K]" in error
        assert qemu.state() == before


def test_content_needs_an_nbd_server_of_our_own() -> None:
    with Standing("qemu") as qemu:
        qemu.drive("d")
        qemu.run("nbd-server-start", addr={"type": "unix", "data": {"path": "nbd"}})

        code, _, error = qemu.txsh("remember m d\n")

        assert code == 1
        assert "error[no-guest-io]" in error
        assert "QEMU has one at a time" in error


@PROGRAMS
def test_the_trace_tells_the_bitmaps_before(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("d", "b")

        code, output, _ = qemu.txsh("bitmap-add d.c\n", "--format", "json")

        trace = json.loads(output)
        assert (code, trace["qemu"]["program"]) == (0, {"qemu": "qemu-system", "qsd": "qsd"}[program])
        assert list(trace["bitmaps_before"]) == ["d.b"]
        assert list(trace["bitmaps"]) == ["d.b", "d.c"]
        assert trace["stderr"] is None


@PROGRAMS
def test_a_group_runs_on_what_is_there(program: str) -> None:
    script = """\
target t 1M
transaction cancel=all < bitmap-clear d.b; backup d to=t; bitmap-add d.c >
wait
expect group committed
"""
    with Standing(program) as qemu:
        qemu.drive("d", "b")
        code, output, error = qemu.txsh(script, "--yes")
        assert (code, error) == (0, ""), output
        (node,) = (info for info in qemu.run("query-named-block-nodes", flat=True) if info["node-name"] == "d")
        assert sorted(bitmap["name"] for bitmap in node["dirty-bitmaps"]) == ["b", "c"]


def test_a_drive_that_has_only_the_name_of_its_device_is_one_like_others() -> None:
    script = """\
target t 1M
bitmap-add drive0.b
expect bitmap drive0.b dirty=[] recording
backup drive0 to=t bitmap=b
wait
expect data t same=drive0
transaction cancel=all < backup drive0 to=t job=k; bitmap-add drive0.c; bitmap-merge drive0.c from=b >
wait
expect group committed
expect bitmap drive0.c count=0
"""
    with Standing("qemu", "-drive", "if=none,id=drive0,driver=null-co,size=1M,read-zeroes=on") as qemu:
        code, output, error = qemu.txsh(script, "--yes")

        assert (code, error) == (0, ""), output
        assert "bitmap drive0.c: new, dirty 0" in output


@PROGRAMS
def test_a_broken_off_run_ends_its_own_jobs_and_takes_its_nodes_away(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("big", large=True)
        before = qemu.state()
        words = ("-b", f"qmp:{qemu.path}")
        with Run("target t 8M\nbackup big to=t job=j speed=64K\necho begun\nwait timeout=10m\n", *words) as run:
            run.read_to("begun\n")
            run.process.send_signal(signal.SIGINT)
            code, output, error = run.end()
            left = run.left()

        assert (code, error, left) == (130, "", []), output
        assert qemu.state() == before


def test_a_node_that_is_still_in_use_is_named_with_its_folder() -> None:
    script = "target t 1M\nqmp blockdev-add driver=raw node-name=over file=t\n"
    with Standing("qsd") as qemu, Run(script, "-b", f"qmp:{qemu.path}") as run:
        code, output, error = run.end()
        (folder,) = run.folder.iterdir()

        assert code == 0, output
        assert error == (
            f"txsh: this run leaves in that QEMU: node t, images in {folder}\n"
            "  when nothing uses a node, 'blockdev-del' takes it away, and then the folder can be removed\n"
        )
        assert [file.name for file in folder.iterdir()] == ["t.qcow2"]


@PROGRAMS
def test_a_qemu_that_dies_is_told_and_nothing_is_left(program: str) -> None:
    script = "target t 8M\nbackup big to=t job=j speed=64K\necho begun\nwait timeout=10m\n"
    with Standing(program) as qemu:
        qemu.drive("big", large=True)
        with Run(script, "-b", f"qmp:{qemu.path}") as run:
            run.read_to("begun\n")
            qemu.process.kill()
            code, output, error = run.end()
            left = run.left()

    assert (code, error, left) == (3, "", [])
    assert output.endswith("lost: QEMU closed the QMP connection\n")


def test_what_a_qemu_keeps_that_hangs_is_named() -> None:
    script = "backup big to=other job=j speed=64K\necho begun\nwait timeout=10m\n"
    with Standing("qsd") as qemu:
        qemu.drive("big", large=True)
        qemu.drive("other", large=True)
        with Run(script, "-b", f"qmp:{qemu.path}", "--yes") as run:
            run.read_to("begun\n")
            qemu.process.send_signal(signal.SIGSTOP)
            run.process.send_signal(signal.SIGINT)
            run.process.send_signal(signal.SIGTERM)
            code, output, error = run.end()
            left = run.left()

    assert (code, left) == (130, [])
    assert error == "txsh: this run leaves in that QEMU: job j\n  'job-cancel' ends a job\n"
    assert "lost: interrupted by Ctrl-C" in output


@pytest.mark.parametrize("name", ["", ",node-name=n"])
def test_a_backup_of_a_drive_that_goes_by_its_devices_name_is_held(name: str) -> None:
    script = """\
target t 1M
bitmap-add drive0.b
write drive0 0+128K
backup drive0 to=t job=all hold=64K
expect job all running offset=64K
release all
wait
backup drive0 to=t bitmap=b job=some hold=64K
expect job some running offset=64K
release some
wait
bitmap-remove drive0.b
"""
    with Standing("qemu", "-drive", f"if=none,id=drive0,driver=null-co,size=1M,read-zeroes=on{name}") as qemu:
        code, output, error = qemu.txsh(script, "--yes")

        assert (code, error) == (0, ""), output


@pytest.mark.parametrize("name", ["", ",node-name=n"])
def test_a_script_may_call_a_node_by_its_devices_name_everywhere(name: str, tmp_path: Path) -> None:
    script = """\
bitmap-add drive0.b
write drive0 0+64K pattern=0x11
expect bitmap drive0.b dirty=[0+64K]
expect no bitmap drive0.c
expect node drive0 readonly=false
expect data drive0 0+64K pattern=0x11
target o 1M backing=drive0
expect node o backing=drive0
show drive0
bitmap-remove drive0.b
"""
    image = str(tmp_path / "d")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "1M"], check=True)
    with Standing("qemu", "-drive", f"if=none,id=drive0,format=qcow2,file={image}{name}") as qemu:
        code, output, error = qemu.txsh(script, "--yes")

        assert (code, error) == (0, ""), output
        assert ".b  dirty=[0+64K]" in output


@PROGRAMS
def test_jobs_of_others_are_shown_with_their_progress(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("e", large=True)
        qemu.drive("f", large=True)
        qemu.backup("slow", "e", "f", speed=1)

        code, output, error = qemu.txsh("show\nshow slow\n")

        assert (code, error) == (0, ""), output
        assert output.count("slow  running ") == 2
        assert " of 8M\n" in output
        assert "no jobs" not in output
