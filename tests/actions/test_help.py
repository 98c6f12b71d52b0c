"""What help says is what the verbs say."""

from __future__ import annotations

from txsh.actions import registry
from txsh.actions.base import Action, Verb
from txsh.actions.help import action_table, help_text, statement_table
from txsh.actions.usage import word


def found(name: str) -> Action | Verb:
    verb = registry.find(name)
    assert verb is not None
    return verb


def test_help_of_an_action_names_its_operands_its_options_and_what_becomes_of_it() -> None:
    assert help_text(found("bitmap-add")) == (
        """\
bitmap-add: Add a dirty bitmap to a node; it starts empty and records every write from now on.

bitmap-add NODE.BITMAP
  NODE.BITMAP               the new bitmap
  granularity=SIZE          bytes that one bit stands for, a power of two
  persistent                store it in the image when the node closes
  disabled                  do not record yet

  QMP        block-dirty-bitmap-add, in a transaction since QEMU 2.5
  stands     in a transaction or alone
  effect     immediate
  rollback   removes what it made
"""
    )


def test_help_of_a_statement_shows_few_choices_in_place_and_long_names_on_a_line_of_their_own() -> None:
    assert help_text(found("wait")) == (
        """\
wait: Let time pass until jobs are done; without names, every job of this script.

wait [JOB ...]
  JOB ...                   the jobs to wait for
  timeout=DURATION          fail after this long, 60s if not given
  for=concluded|pending|ready|paused
                            the state to wait for, concluded if not given

A job that is gone counts as concluded.
"""
    )


def test_help_of_expect_shows_every_kind() -> None:
    text = help_text(found("expect"))

    assert [line for line in text.splitlines() if line.startswith("expect ")] == [
        "expect bitmap NODE.BITMAP",
        "expect no bitmap NODE.BITMAP",
        "expect job JOB [STATE] [ERROR]",
        "expect node NODE",
        "expect no node NODE",
        "expect event EVENT",
        "expect no event EVENT",
        "expect data NODE [OFFSET+LENGTH]",
        "expect group committed|cancelled [REASON]",
        "expect reply",
    ]


def test_help_names_every_parameter_of_every_verb() -> None:
    for verb in registry.every():
        text = help_text(verb)
        forms = verb.forms.values() if isinstance(verb, Verb) and verb.forms else [verb.params]
        for param in (param for params in forms for param in params):
            assert f"  {word(param)}" in text
            assert param.summary in text


def test_the_tables_have_a_row_for_every_verb() -> None:
    rows = statement_table().splitlines()[2:] + action_table().splitlines()[2:]

    assert [row.split("`")[1].split()[0] for row in rows] == list(registry.names())


def test_a_table_cell_hides_the_bar_between_choices() -> None:
    assert "| `fault NODE read\\|write\\|flush` |" in statement_table()
