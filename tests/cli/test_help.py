"""``txsh help``: what the language has is found without the documents."""

from __future__ import annotations

from tests.cli.command import txsh
from txsh.actions.help import TRANSACTION, help_text
from txsh.actions.registry import find, names


def test_help_names_every_verb() -> None:
    done = txsh("help")

    told = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert (done.returncode, done.stderr) == (0, "")
    assert told == {"transaction", *names()}


def test_help_of_verbs_tells_all_about_each_in_order() -> None:
    verb = find("wait")
    assert verb is not None
    assert txsh("help", "wait", "transaction").stdout == f"{help_text(verb)}\n{TRANSACTION}"


def test_an_action_is_found_by_its_name_in_qmp() -> None:
    assert txsh("help", "blockdev-backup").stdout == txsh("help", "backup").stdout


def test_a_kind_of_expectation_may_stand_behind_expect() -> None:
    whole = txsh("help", "expect", "wait").stdout

    assert txsh("help", "expect", "reply", "wait").stdout == whole
    assert txsh("help", "expect", "no", "bitmap", "wait").stdout == whole
    assert txsh("help", "wait", "reply").returncode == 2


def test_help_of_what_is_no_verb_says_what_was_meant() -> None:
    done = txsh("help", "bakup")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "txsh: no verb is called 'bakup'\n  did you mean 'backup'?\n"
