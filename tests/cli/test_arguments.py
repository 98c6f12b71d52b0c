"""The command line as it is understood, and what is said about one that is not."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.cli.arguments import Arguments, UsageError, read_arguments


def understood(*words: str) -> Arguments:
    return read_arguments(words)


def complaint(*words: str) -> tuple[str, str | None]:
    with pytest.raises(UsageError) as caught:
        read_arguments(words)
    return caught.value.message, caught.value.advice


@pytest.mark.parametrize(
    "words",
    [
        ("-b", "qsd", "run", "a.txsh"),
        ("run", "-b", "qsd", "a.txsh"),
        ("run", "a.txsh", "-b", "qsd"),
        ("-bqsd", "run", "a.txsh"),
        ("run", "a.txsh", "--backend=qsd"),
        ("run", "--backend", "qsd", "--", "a.txsh"),
    ],
)
def test_options_may_stand_anywhere_and_carry_their_value(words: tuple[str, ...]) -> None:
    assert understood(*words) == Arguments(command="run", operands=("a.txsh",), backend="qsd")


def test_a_text_is_taken_as_it_is_even_if_it_looks_like_an_option() -> None:
    assert understood("-c", "-b").text == "-b"
    assert understood("-c", "").text == ""


def test_a_dash_is_an_operand_and_two_dashes_end_the_options() -> None:
    assert understood("run", "-", "--", "-c").operands == ("-", "-c")


def test_no_word_at_all_is_understood_as_no_command() -> None:
    assert understood() == Arguments()


@pytest.mark.parametrize(
    ("words", "message", "advice"),
    [
        (("--fromat", "json"), "no option is called '--fromat'", "did you mean '--format'?"),
        (("-x",), "no option is called '-x'", "'txsh --help' tells the options"),
        (("--json",), "no option is called '--json'", "did you mean '--format json'?"),
        (("--format=xml",), "no format is called 'xml'", "use text or json"),
        (("-b",), "-b needs a value", "for example: -b sim, -b qemu, -b qsd, -b qmp:/run/qmp.sock"),
        (("-c",), "-c needs a value", "for example: txsh -c 'transaction < backup drive0 >'"),
        (("--format",), "--format needs a value", "use text or json"),
        (("--qemu",), "--qemu needs a value", "for example: --qemu build/qemu-system-x86_64, or --qemu build"),
        (("--wrapper",), "--wrapper needs a value", "for example: --wrapper 'gdb --args'"),
        (("serve", "--socket"), "--socket needs a value", "for example: --socket /tmp/qmp.sock"),
        (("serve", "--profile"), "--profile needs a value", "for example: --profile 7.2"),
        (("serve", "--program"), "--program needs a value", "use qemu-system or qsd"),
        (("--version=1",), "--version takes no value", None),
        (("-b", "sim", "--backend", "qsd"), "--backend is given twice", None),
        (("rnu",), "no command is called 'rnu'", "did you mean 'run'?"),
        (("frob",), "no command is called 'frob'", "commands are: run, serve, help; 'txsh --help' tells more"),
        (("a.txsh",), "'a.txsh' is no command", "to run a script: txsh run a.txsh"),
        (("-",), "'-' is no command", "to run a script: txsh run -"),
        (
            ("serve", "--socket", "s", "--as-is"),
            "--as-is is about running scripts",
            "serve takes --socket PATH, --profile VERSION and --program NAME",
        ),
        (
            ("-c", "transaction", "drive0"),
            "unexpected 'drive0': -c takes its whole text as one argument",
            "put the text in single quotes: txsh -c 'transaction < backup drive0 >'",
        ),
    ],
)
def test_a_wrong_command_line_is_told_what_was_meant(words: tuple[str, ...], message: str, advice: str | None) -> None:
    assert complaint(*words) == (message, advice)


@given(st.lists(st.text() | st.sampled_from(["-b", "-c", "--format", "run", "-", "--", "--help", "-bx", "--x="])))
def test_every_command_line_is_understood_or_complained_about(words: list[str]) -> None:
    with suppress(UsageError):
        read_arguments(words)
