"""The documents say what is true: their examples run, their tables are made from the code.

`pytest tests/test_docs.py --update` rewrites outputs and tables.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import CHECKOUT, command, environment, txsh
from tests.group_table import ACTIONS, ENDS, Action, script
from tests.session.play import play
from txsh.actions.help import action_table, help_text, statement_table
from txsh.actions.registry import every
from txsh.model.size import format_range

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md")], key=lambda path: path.name)
SCRIPT = re.compile(r"^```txsh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAM = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STANDING = re.compile(r"^```sh\n([^`]*-qmp unix:qmp\.sock[^`]*)^```$", re.MULTILINE)
VERSION = re.compile(r", QEMU \d+\.\d+$", re.MULTILINE)
SESSION = re.compile(r"^```console\n\$ (txsh (?!-b qmp:)[^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ATTACHED = re.compile(r"^```console\n\$ (txsh -b qmp:[^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def examples(pattern: re.Pattern[str]) -> list[object]:
    return [
        pytest.param(path, match, id=f"{path.name}:{path.read_text()[: match.start()].count(chr(10)) + 1}")
        for path in PAGES
        for match in pattern.finditer(path.read_text())
    ]


@pytest.mark.parametrize(("path", "example"), examples(SCRIPT))
def test_a_script_in_a_document_passes(path: Path, example: re.Match[str]) -> None:
    done = txsh("run", "-", text=example[1])
    assert done.returncode == 0, f"{path.name}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize(("path", "example"), examples(SESSION))
def test_a_session_in_a_document_shows_what_txsh_prints(path: Path, example: re.Match[str], update: bool) -> None:  # noqa: FBT001  # a fixture
    _, *words = shlex.split(example[1])
    printed = txsh(*words, merged=True).stdout
    compare(path, example, printed, update=update)


@pytest.mark.parametrize(("path", "example"), examples(PROGRAM))
def test_a_program_in_a_document_prints_this_on_a_served_simulator(
    path: Path,
    example: re.Match[str],
    update: bool,  # noqa: FBT001  # a fixture
    tmp_path: Path,
) -> None:
    # Named from its folder: a socket's path has a limit.
    with serving(tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", example[1]], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.stderr == ""
    compare(path, example, done.stdout, update=update)


@pytest.mark.live
@pytest.mark.parametrize(("path", "example"), examples(ATTACHED))
def test_a_session_in_a_document_on_a_standing_qemu_shows_what_txsh_prints(
    path: Path,
    example: re.Match[str],
    update: bool,  # noqa: FBT001  # a fixture
    tmp_path: Path,
) -> None:
    commands = STANDING.findall(path.read_text()[: example.start()])[-1]
    _, *words = shlex.split(example[1])
    with standing(commands, tmp_path):
        printed = txsh(*words, cwd=tmp_path, merged=True).stdout
    # Which QEMU is installed here is not what the page is about.
    if update or VERSION.sub("", example[2]) != VERSION.sub("", printed):
        compare(path, example, printed, update=update)


def compare(path: Path, example: re.Match[str], printed: str, *, update: bool) -> None:
    """Hold what stands in an example against what was printed, or write it there."""
    if update:
        text = path.read_text()
        assert text.count(example[0]) == 1
        whole, start = example[0], example.start(2) - example.start()
        path.write_text(text.replace(whole, whole[:start] + printed + whole[start + len(example[2]) :]))
    else:
        assert example[2] == printed


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """A simulator on qmp.sock in a folder."""
    words = command("serve", "--socket", "qmp.sock")
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment()) as served:
        try:
            assert served.stdout is not None
            assert served.stdout.readline().startswith("serving")
            yield
        finally:
            served.kill()


@contextmanager
def standing(commands: str, folder: Path) -> Iterator[None]:
    """The QEMU that commands of a shell start in a folder, once its qmp.sock is there."""
    with subprocess.Popen(["sh", "-e", "-c", commands], cwd=folder, process_group=0) as shell:
        try:
            deadline = time.monotonic() + 30
            while not (folder / "qmp.sock").exists():
                assert shell.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield
        finally:
            os.killpg(shell.pid, signal.SIGKILL)


def hold(path: Path, begin: str, end: str, body: str, *, update: bool) -> None:
    """Compare what stands between two lines of a page with what it is made from, or write it."""
    text = path.read_text()
    head, found, rest = text.partition(begin)
    assert found, f"{path.name} has no line {begin!r}"
    old, found, tail = rest.partition(end)
    assert found, f"{path.name} has no line {end!r}"
    if update:
        path.write_text(f"{head}{begin}{body}{end}{tail}")
    else:
        assert old == body


def test_the_readmes_table_of_actions_is_made_from_the_registry(update: bool) -> None:  # noqa: FBT001  # a fixture
    begin = "QMP's own names and options are accepted, too.\n\n"
    hold(CHECKOUT / "README.md", begin, "\nEverything else", action_table(), update=update)


def test_the_languages_page_describes_every_verb(update: bool) -> None:  # noqa: FBT001  # a fixture
    texts = "".join(f"\n### {verb.verb}\n\n```text\n{help_text(verb)}```\n" for verb in every())
    begin = "<!-- verbs: made from the registry; `pytest tests/test_docs.py --update` writes it -->\n"
    body = f"\n{action_table()}\n{statement_table()}{texts}\n"
    hold(CHECKOUT / "docs" / "language.md", begin, "<!-- end of verbs -->", body, update=update)


def dirty_at_the_end(action: Action, end_of_backup: str) -> str:
    """The bitmaps of one case when its script is over; which case is right is tested beside the session."""
    trace = play(script(action, end_of_backup, "all"))
    assert trace.bitmaps is not None
    return "; ".join(
        " ".join(
            [
                f"{name.partition('.')[2]}{'' if bitmap.recording else ' (disabled)'}:",
                *(format_range(start, end - start) for start, end in trace.extents[name]),
            ]
        )
        for name, bitmap in sorted(trace.bitmaps.items())
    )


def test_the_page_of_groups_has_the_table_of_cancel_all(update: bool) -> None:  # noqa: FBT001  # a fixture
    begin = "<!-- ends: made by the simulator; `pytest tests/test_docs.py --update` writes it -->\n"
    body = "| the action | the backup beside it | dirty when all is over |\n| --- | --- | --- |\n"
    for action in ACTIONS:
        ends: dict[str, list[str]] = {}
        for end in ENDS:
            ends.setdefault(dirty_at_the_end(action, end), []).append(end)
        rows = [f"| {', '.join(alike)} | {dirty} |\n" for dirty, alike in ends.items()]
        body += f"| `{action.text}` " + "| ".join(rows)
    hold(CHECKOUT / "docs" / "groups.md", begin, "<!-- end of ends -->", body, update=update)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    missing = [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert missing == []
