"""Options of qemu-io's commands, as Python's own getopt reads them, which does it as the C library."""

from __future__ import annotations

from getopt import GetoptError, gnu_getopt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from txsh.backends.sim.hmp.getopt import getopt

LETTERS = "bP:qz"
WORDS = st.lists(st.text("-:bPqzx0", min_size=1, max_size=4), max_size=5)


@pytest.mark.parametrize(
    ("line", "options", "others"),
    [
        ("-bqz 0 512", {"b": "", "q": "", "z": ""}, ["0", "512"]),
        ("0 -P 7 512", {"P": "7"}, ["0", "512"]),
        ("-qP7 0", {"q": "", "P": "7"}, ["0"]),
        ("-P -b", {"P": "-b"}, []),
        ("0 -- -512", {}, ["0", "-512"]),
        ("- -b", {"b": ""}, ["-"]),
    ],
)
def test_options_stand_anywhere_and_share_a_dash(line: str, options: dict[str, str], others: list[str]) -> None:
    assert getopt(line.split(), LETTERS) == (options, others)


@pytest.mark.parametrize("line", ["-x", "-bx", "-P", "-qP", "-:", "--b"])
def test_an_unknown_option_or_one_without_its_value_is_none(line: str) -> None:
    assert getopt(line.split(), LETTERS) is None


@given(WORDS)
def test_all_words_are_read_as_pythons_getopt_reads_them(words: list[str]) -> None:
    try:
        options, others = gnu_getopt(words, LETTERS)
    except GetoptError:
        assert getopt(words, LETTERS) is None
    else:
        assert getopt(words, LETTERS) == ({name[1:]: value for name, value in options}, others)
