"""txsh as a process: exit codes, streams, and what it never does: show a traceback."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import LINE, command, environment, txsh
from txsh import __version__


def script(folder: Path, text: str, name: str = "a.txsh") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_the_line_it_was_made_for_passes() -> None:
    done = txsh("-c", LINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("passed\n")


def test_the_version_is_told() -> None:
    assert txsh("--version").stdout == f"txsh {__version__}\n"


def test_help_goes_to_standard_output_and_is_no_error() -> None:
    done = txsh("run", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: txsh")


def test_no_argument_is_told_the_usage() -> None:
    done = txsh()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: txsh")


def test_a_wrong_command_line_exits_with_2_and_says_why() -> None:
    done = txsh("run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "txsh: no file to run\n  txsh run FILE... runs files, txsh run - standard input\n"


def test_a_script_from_standard_input_is_called_so() -> None:
    done = txsh("run", "-", text="drive d 1M\n")
    assert done.returncode == 0
    assert done.stdout == "<stdin> on sim:11.1\n    1  drive d 1M\npassed\n"


def test_standard_input_is_read_once() -> None:
    assert txsh("run", "-", "-").returncode == 2


def test_a_wrong_script_exits_with_2_and_nothing_of_it_is_run(tmp_path: Path) -> None:
    done = txsh("run", script(tmp_path, "drive d 1M\nbitmap-clean d.b0\n"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[unknown-verb]" in done.stderr
    assert "a.txsh:2:1" in done.stderr


def test_a_failed_expectation_exits_with_1(tmp_path: Path) -> None:
    done = txsh("run", script(tmp_path, "drive d 1M\nexpect bitmap d.b0 count=0\n"))
    assert done.returncode == 1
    assert done.stdout.endswith("failed\n")


def test_an_unexpected_refusal_exits_with_1(tmp_path: Path) -> None:
    done = txsh("run", script(tmp_path, "drive d 1M\nbitmap-clear d.nope\necho unreached\n"))
    assert done.returncode == 1
    assert "error[refused]: Dirty bitmap 'nope' not found" in done.stderr
    assert "unreached" not in done.stdout


def test_what_is_not_simulated_exits_with_3_and_is_named() -> None:
    done = txsh("-c", 'qmp {"execute": "block-stream", "arguments": {"device": "drive0"}}')
    assert done.returncode == 3
    assert "error[not-simulated]" in done.stderr


def test_what_is_not_simulated_is_no_refusal_that_makes_a_group_hang() -> None:
    backup = {"device": "drive1", "sync": "full"}
    actions = [{"type": "blockdev-backup", "data": {**backup, "target": to, "job-id": to}} for to in ("t", "u")]
    actions.append({"type": "drive-backup", "data": {**backup, "target": "v", "job-id": "v", "format": "vmdk"}})
    arguments = {"actions": actions, "properties": {"completion-mode": "grouped"}}
    done = txsh(
        "-c", f"target t 64M\ntarget u 64M\nqmp {json.dumps({'execute': 'transaction', 'arguments': arguments})}"
    )
    assert done.returncode == 3
    assert "error[not-simulated]" in done.stderr


def test_every_script_runs_and_the_highest_code_counts(tmp_path: Path) -> None:
    good = script(tmp_path, "drive d 1M", "good.txsh")
    failing = script(tmp_path, "drive d 1M\nbitmap-clear d.b", "failing.txsh")
    wrong = script(tmp_path, "drive", "wrong.txsh")
    done = txsh("run", wrong, failing, good)
    assert done.returncode == 2
    assert done.stdout.count("failed\n") == done.stdout.count("passed\n") == 1
    assert txsh("run", good, failing).returncode == 1


def test_an_unreadable_file_does_not_keep_the_others_from_running(tmp_path: Path) -> None:
    done = txsh("run", str(tmp_path), script(tmp_path, "drive d 1M"))
    assert done.returncode == 2
    assert done.stderr == f"txsh: cannot read {tmp_path}: Is a directory\n"
    assert done.stdout.endswith("passed\n")


def test_json_is_one_object_a_line_for_every_script(tmp_path: Path) -> None:
    names = [
        script(tmp_path, "drive d 1M", "good.txsh"),
        script(tmp_path, "drive", "wrong.txsh"),
        str(tmp_path / "missing.txsh"),
    ]
    done = txsh("run", "--format", "json", *names)
    values = [json.loads(line) for line in done.stdout.splitlines()]
    assert [value["script"] for value in values] == names
    assert [value["exit_code"] for value in values] == [0, 2, 2]
    assert [value["verdict"]["word"] for value in values] == ["passed", "failed", "failed"]
    assert "error[missing-operand]" in done.stderr


def test_the_same_run_again_gives_the_same_bytes() -> None:
    runs = [txsh("--format=json", "-c", LINE, PYTHONHASHSEED=seed) for seed in ("1", "2")]
    assert runs[0].stdout == runs[1].stdout
    assert json.loads(runs[0].stdout)["verdict"]["word"] == "passed"


def test_a_reader_who_goes_away_changes_neither_the_code_nor_the_silence(tmp_path: Path) -> None:
    name = script(tmp_path, "drive d 1M\n" + "echo x\n" * 3000 + "bitmap-clear d.b\n")
    with subprocess.Popen(
        command("run", name), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read().decode()
    assert process.returncode == 1
    assert "Broken" not in error
    assert error.startswith("error[refused]")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_mistake(closed: str) -> None:
    words = " ".join(command("-c", "'echo a'"))
    done = subprocess.run(["sh", "-c", f"{words} {closed}"], capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("-c", "echo a"), stdout=full, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert done.returncode == 4
    assert done.stderr == b"txsh: cannot write standard output: No space left on device\n"


def test_a_stream_that_cannot_show_a_letter_shows_its_escape() -> None:
    done = txsh("-c", 'echo "Grüße"', PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "Gr\\xfc\\xdfe" in done.stdout


def test_terminal_escapes_of_a_script_are_shown_not_obeyed() -> None:
    done = txsh("-c", 'echo "\\u001b[2J\\u0007"')
    assert "\x1b" not in done.stdout
    assert "\\x1b[2J\\x07" in done.stdout


def on_a_terminal(*words: str, **variables: str) -> str:
    """What txsh writes when both its streams are a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(*words), stdout=theirs, stderr=theirs, env=environment(**variables)) as process:
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 4096):
                text += piece
        except OSError:
            pass  # a terminal whose other end is closed ends so
    os.close(ours)
    assert process.returncode == 1
    return text.decode()


REFUSED = ("-c", "bitmap-clear drive0.nope")


def test_a_terminal_gets_colours() -> None:
    assert "\x1b[" in on_a_terminal(*REFUSED, TERM="xterm")


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_plain_text_where_colours_are_not_wanted(variables: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(*REFUSED, **variables)


def test_an_empty_no_color_means_nothing() -> None:
    assert "\x1b[" in on_a_terminal(*REFUSED, TERM="xterm", NO_COLOR="")


def test_a_pipe_gets_plain_text() -> None:
    done = txsh(*REFUSED, TERM="xterm")
    assert "\x1b" not in done.stdout + done.stderr
