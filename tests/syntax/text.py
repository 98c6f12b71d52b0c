"""Generated texts: scripts as the grammar has them, and the same spoilt."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = (
    *("drive0", "b0", "64K", "0+128K", "transaction", "fails", "a#b", "#", "# note", "x.y", "1.5GiB", "..", "*", "é漢"),
    *('"a b"', '"my.node"."b 0"', 'drive0."b 0"', '"x".y', '""', '"\\u00e9\\n"', '"\\q"', '"', "'", 'a"b"'),
    *("k=", "k=v", "x-perf.max-chunk=1M", "=", "==", "k =", "k==v", '"k"=v'),
    *("[", "]", "{", "}", ",", "[a, b]", "[]", "{}", '{"a": 1}', '"a":', '"a" :', ":", "(", ")"),
    *("<", ">", ";", "\n", "\r\n", "\\\n", "\\", "\t", " ", "\r", "\0", "\u00a0", "$", "${x}"),
)

soup = st.lists(st.sampled_from(PIECES).flatmap(lambda piece: st.sampled_from([piece, piece + " "])), max_size=20).map(
    "".join
)
"""Pieces in any order."""

_blank = st.sampled_from([" ", "  ", "\t", " \\\n", " \\\r\n  "])
_line = st.sampled_from(["\n", "\n\n", "\r\n", ";", " ; ", "  # note\n", "\n# note\n", "\n  "])
_words = st.sampled_from(
    [
        "drive0",
        "b0",
        "64K",
        "0+128K",
        "a#b",
        "x.y",
        "..",
        "ü",
        '"a b"',
        '"my.node"."b 0"',
        'drive0."b 0"',
        '"\\u00e9"',
        '""',
    ]
)
_keys = st.sampled_from(["k", "job", "x-perf.max-chunk"])
_gap = st.sampled_from(["", "", " ", "\n", " # note\n", "\r\n\t"])


@st.composite
def _lists(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    items = [draw(_gap) + value + draw(_gap) for value in draw(st.lists(values, max_size=3))]
    return "[" + ",".join(items or [draw(_gap)]) + "]"


@st.composite
def _objects(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    keys = st.sampled_from(['"a":', '"b c" : ', '"":\n'])
    members = [draw(_gap) + draw(keys) + value + draw(_gap) for value in draw(st.lists(values, max_size=3))]
    return "{" + ",".join(members or [draw(_gap)]) + "}"


_values = st.recursive(_words, lambda inner: _lists(inner) | _objects(inner), max_leaves=6)
_options = st.tuples(_keys, _values).map("=".join)


@st.composite
def _calls(draw: st.DrawFn, *, may_fail: bool) -> str:
    verb = draw(st.sampled_from(["bitmap-add", "backup", "wait", "échec"]))
    arguments = draw(st.lists(_values | _options, max_size=4))
    fails = draw(st.sampled_from(["", " fails", ' fails "Bitmap * not found"', " fails *busy*"])) if may_fail else ""
    return verb + "".join(draw(_blank) + argument for argument in arguments) + fails


@st.composite
def _transactions(draw: st.DrawFn) -> str:
    options = "".join(draw(_blank) + option for option in draw(st.lists(_options, max_size=2)))
    body = draw(_line).join(draw(st.lists(_calls(may_fail=False), max_size=3)))
    fails = draw(st.sampled_from(["", " fails", ' fails "no"']))
    before = draw(st.sampled_from(["", " ", "\n", "\n\n  "]))
    return f"transaction{options} <{before}{body} >{fails}"


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """A text without a mistake."""
    statements = draw(st.lists(_calls(may_fail=True) | _transactions(), max_size=6))
    return "".join(statement + draw(_line) for statement in statements)


@st.composite
def spoilt_scripts(draw: st.DrawFn) -> str:
    """A script with some letters left out, doubled, changed or put in."""
    text = draw(scripts())
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 3)))
        text = text[:start] + draw(st.sampled_from(["", *PIECES])) + text[end:]
    return text
