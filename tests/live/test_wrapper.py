"""A QEMU that is launched from a build, under another program, or whose folder is kept."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import command, environment, txsh
from tests.conftest import PROGRAMS
from tests.live.run import LIMIT_SECONDS, Run, read_some, take_terminal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live

SCRIPT = "drive d 1M\nbitmap-add d.b persistent\nwrite d 0+64K\n"
BACKENDS = pytest.mark.parametrize("backend", ["qsd", "qemu"])


@BACKENDS
def test_a_wrapper_that_waits_for_qemu_is_ended_with_it(backend: str) -> None:
    with Run(SCRIPT, "-b", backend, "--wrapper", "sh -c '\"$@\"; echo after' sh") as run:
        code, output, error = run.end()
        left = run.left()

    assert (code, error, left) == (0, "", []), output


def test_at_a_terminal_a_wrapper_can_be_talked_with(tmp_path: Path) -> None:
    (tmp_path / "a.txsh").write_text(SCRIPT)
    ours, theirs = pty.openpty()
    words = ("-b", "qsd", "--wrapper", "sh -c 'read word; echo heard $word; exec \"$@\"' sh", "run", "a.txsh")
    process = subprocess.Popen(
        command(*words),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        env=environment(),
        start_new_session=True,
        preexec_fn=lambda: take_terminal(theirs),  # noqa: PLW1509  # no threads
    )
    with process:
        os.close(theirs)
        os.write(ours, b"hello\n")
        said = b""
        while b"passed" not in said:
            said += read_some(ours)
        assert process.wait(LIMIT_SECONDS) == 0
    os.close(ours)
    assert b"heard hello" in said


@BACKENDS
def test_what_qemu_says_is_told_when_the_run_fails_and_is_in_the_trace(backend: str) -> None:
    wrapper = ("--wrapper", 'sh -c \'printf "one\\033[2J\\ntwo\\n" >&2; exec "$@"\' sh')
    with Run(SCRIPT + "expect bitmap d.b count=0\n", "-b", backend, *wrapper) as run:
        code, output, _ = run.end()
    assert code == 1
    assert output.endswith("       QEMU's standard error\n         one\\x1b[2J\n         two\nfailed\n")

    with Run(SCRIPT, "-b", backend, *wrapper, "--format", "json") as run:
        code, output, _ = run.end()
    assert (code, json.loads(output)["stderr"]) == (0, "one\x1b[2J\ntwo")


def test_what_a_program_says_that_does_not_become_a_qemu_is_told() -> None:
    with Run(SCRIPT, "-b", "qsd", "--wrapper", "sh -c 'echo no; echo way >&2; exit 3' sh") as run:
        code, output, error = run.end()
        left = run.left()

    assert (code, output, left) == (3, "", [])
    assert error == "txsh: QEMU did not start: sh exited with code 3: way\n  it wrote:\n  no\n  way\n"


def test_a_wrapper_that_does_not_exist_is_named() -> None:
    with Run(SCRIPT, "-b", "qsd", "--wrapper", "no-such-debugger --args") as run:
        code, _, error = run.end()

    assert code == 3
    assert error == (
        "txsh: error[no-wrapper]: there is no program no-such-debugger to start QEMU with\n  see --wrapper\n"
    )


@BACKENDS
def test_what_is_kept_is_told_when_the_story_is_over(backend: str) -> None:
    done = txsh("-b", backend, "--keep", "run", "-", text="drive d 1M\nbackup d\n", merged=True)
    folder = done.stdout.partition("rm -r ")[2].partition(" ")[0]
    shutil.rmtree(folder)

    assert done.stdout.index("passed\n") < done.stdout.index(f"the files of the run are kept in {folder}")


@BACKENDS
def test_a_folder_that_is_kept_is_named_with_what_is_in_it(backend: str) -> None:
    with Run(SCRIPT, "-b", backend, "--keep") as run:
        code, output, error = run.end()
        (folder,) = run.left()

        assert code == 0, output
        assert error == (
            f"txsh: the files of the run are kept in {folder}: .stderr, d.qcow2\n"
            f"  qemu-img info {folder}/d.qcow2 looks at it; .stderr is what QEMU said; rm -r {folder} removes it\n"
        )


@BACKENDS
@pytest.mark.parametrize("place", ["", "build", "bin"])
def test_a_folder_of_a_build_is_searched(tmp_path: Path, backend: str, place: str) -> None:
    name = {"qsd": PROGRAMS[1], "qemu": PROGRAMS[0]}[backend]
    folder = tmp_path / place
    folder.mkdir(exist_ok=True)
    for program in (name, "qemu-img"):
        found = shutil.which(program)
        assert found is not None
        (folder / program).write_text(f'#!/bin/sh\necho {program} >> {tmp_path}/used\nexec {found} "$@"\n')
        (folder / program).chmod(0o700)
    with Run(SCRIPT, "-b", backend, "--qemu", str(tmp_path)) as run:
        code, output, error = run.end()

    assert (code, error) == (0, ""), output
    assert (tmp_path / "used").read_text().split() == [name, "qemu-img"]


@pytest.mark.parametrize(
    ("backend", "name", "message"),
    [
        ("qsd", "qemu-system-x86_64", "it belongs to -b qemu"),
        ("qemu", "qemu-storage-daemon", "it belongs to -b qsd"),
        ("qsd", "qemu-img", "-b qsd needs a qemu-storage-daemon"),
    ],
)
def test_another_program_of_qemus_is_told(tmp_path: Path, backend: str, name: str, message: str) -> None:
    (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / name).chmod(0o700)
    with Run(SCRIPT, "-b", backend, "--qemu", str(tmp_path / name)) as run:
        code, _, error = run.end()

    assert code == 3
    assert error.startswith(f"txsh: error[wrong-qemu]: {tmp_path / name} is another program than qemu-")
    assert error.endswith(f"  {message}\n")


def test_a_file_that_cannot_be_executed_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    for path, text in ((tmp_path / "x", "is not executable"), (tmp_path / "y", "there is no"), (tmp_path, "in")):
        with Run(SCRIPT, "-b", "qsd", "--qemu", str(path)) as run:
            code, _, error = run.end()
        assert code == 3
        assert error.startswith("txsh: error[no-qemu]: ")
        assert text in error
