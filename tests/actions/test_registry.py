"""The registry and the verbs in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import txsh.actions
from txsh.actions import registry
from txsh.actions.base import Action, Kind, Phase, Rollback, Verb

FOLDER = Path(txsh.actions.__path__[0])
NO_VERBS = {"__init__", "base", "command", "event", "help", "help_qmp", "objection", "registry", "step", "usage"}
SHADOWS = {"empties", "merges", "enables", "disables", "adds", "removes", "backs-up", "fails"}
ROLLBACKS = {Rollback.RESTORES, Rollback.REMOVES, Rollback.CANCELS, Rollback.NOTHING}
KINDS = {value for name, value in vars(Kind).items() if name.isupper()}
# Source: qapi/transaction.json, TransactionActionKind.
SINCE = {
    "abort": "1.6",
    "block-dirty-bitmap-add": "2.5",
    "block-dirty-bitmap-remove": "4.2",
    "block-dirty-bitmap-clear": "2.5",
    "block-dirty-bitmap-enable": "4.0",
    "block-dirty-bitmap-disable": "4.0",
    "block-dirty-bitmap-merge": "4.0",
    "blockdev-backup": "2.3",
}
ACTIONS = [verb for verb in registry.every() if isinstance(verb, Action)]
STATEMENTS = [verb for verb in registry.every() if isinstance(verb, Verb)]


def test_every_verb_has_a_file_and_every_file_a_verb() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - NO_VERBS

    assert {name.replace("-", "_") for name in registry.names()} == files


def test_a_verb_is_found_by_its_name() -> None:
    for verb in registry.every():
        assert registry.find(verb.verb) is verb


def test_an_action_is_found_by_the_name_that_qmp_has_for_it() -> None:
    for action in ACTIONS:
        assert registry.by_qmp(action.qmp) is action


@pytest.mark.parametrize("word", ["", "transaction", "base", "registry", "no-such-verb", "bitmap_add", "__init__"])
def test_what_is_no_verb_is_not_found(word: str) -> None:
    assert registry.find(word) is None
    assert registry.by_qmp(word) is None


def test_finding_a_verb_imports_no_other() -> None:
    program = """if True:
        import sys
        from txsh.actions.registry import find
        find("bitmap-clear")
        print(*sorted(name for name in sys.modules if name.startswith("txsh.actions.")))
    """

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["txsh.actions.base", "txsh.actions.bitmap_clear", "txsh.actions.registry"]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.verb)
def test_an_action_says_what_becomes_of_it(action: Action) -> None:
    assert action.since == SINCE[action.qmp]
    assert action.phase in {Phase.IMMEDIATE, Phase.STARTS_JOB, Phase.NONE}
    assert action.rollback in ROLLBACKS
    assert action.shadow in SHADOWS
    assert action.starts_job == any(param.kind == Kind.NEW_JOB for param in action.params)


@pytest.mark.parametrize("verb", [*ACTIONS, *STATEMENTS], ids=lambda verb: verb.verb)
def test_parameters_are_in_order_and_have_what_their_kind_needs(verb: Action | Verb) -> None:
    forms = verb.forms.values() if isinstance(verb, Verb) and verb.forms else [verb.params]
    for params in forms:
        operands = [param.operand for param in params]
        assert operands == sorted(operands, reverse=True), "operands stand first"
        required = [param.required for param in params if param.operand]
        assert required == sorted(required, reverse=True), "what must be given stands before what can be left out"
        assert len({param.name for param in params}) == len(params)
        for position, param in enumerate(params, start=1):
            assert param.kind in KINDS
            assert param.summary
            assert bool(param.choices) == (param.kind in {Kind.CHOICE, Kind.TOPIC})
            assert not param.repeated or position == operands.count(True), "what takes all stands last"
            bitmap = param.kind in {Kind.BITMAP, Kind.NEW_BITMAP} and isinstance(verb, Action)
            assert len(param.qmp) == 2 if bitmap else len(param.qmp) <= 1
            assert isinstance(verb, Action) or len(param.qmp) <= 1


@pytest.mark.parametrize("verb", [*ACTIONS, *STATEMENTS], ids=lambda verb: verb.verb)
def test_a_summary_is_one_sentence(verb: Action | Verb) -> None:
    assert verb.summary[0].isupper()
    assert verb.summary.endswith(".")
    assert "\n" not in verb.summary
