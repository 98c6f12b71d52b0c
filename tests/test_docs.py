"""The documents say what is true: their examples run, their tables are made from the code.

`pytest tests/test_docs.py --update` rewrites outputs and tables.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import CHECKOUT, txsh
from tests.group_table import ACTIONS, ENDS, Action, script
from tests.session.play import play
from txsh.actions.help import action_table, help_text, statement_table
from txsh.actions.registry import every
from txsh.model.size import format_range

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md")], key=lambda path: path.name)
SCRIPT = re.compile(r"^```txsh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SESSION = re.compile(r"^```console\n\$ (txsh [^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
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
    if update:
        text = path.read_text()
        assert text.count(example[2]) == 1
        path.write_text(text.replace(example[2], printed))
    else:
        assert example[2] == printed


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
