"""No text makes the checker raise, and a plan comes exactly when there is no error."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binding import WORLD
from txsh.actions import registry
from txsh.actions.base import Verb
from txsh.actions.expect import FORMS
from txsh.check.plan import bind
from txsh.report.diagnostic import render
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

PARAMS = [
    param
    for verb in registry.every()
    for params in ([verb.params] if not (isinstance(verb, Verb) and verb.forms) else verb.forms.values())
    for param in params
]
VERBS = [*registry.names(), *registry.ACTIONS.values(), "nonsense", *(f"expect {form}" for form in FORMS)]
KEYS = sorted({param.name for param in PARAMS} | {member for param in PARAMS for member in param.qmp})
CHOICES = sorted({choice for param in PARAMS for choice in param.choices})
VALUES = [
    *CHOICES,
    "drive0",
    "drive1",
    "j0",
    "drive0.b0",
    "drive0.b0.c",
    "b0",
    '"a b"',
    '""',
    '"drive0"."b"',
    "64K",
    "-1",
    "0+64K",
    "+",
    "0x",
    "5s",
    "true",
    "ENOSPC",
    "28",
    "JOB_STATUS_CHANGE",
    "[]",
    "[0+1, b]",
    "[[a]]",
    '{"max-chunk": 1}',
    '{"node": "drive0", "name": "b0"}',
]
words = st.sampled_from(VALUES + KEYS) | st.builds(
    "{}={}".format,
    st.sampled_from(KEYS),
    st.sampled_from(VALUES) | st.from_regex(r"[0-9a-zA-Z+.-]{1,6}", fullmatch=True),
)
calls = st.builds(lambda verb, rest: " ".join([verb, *rest]), st.sampled_from(VERBS), st.lists(words, max_size=6))
blocks = st.builds(
    lambda options, inner: f"transaction {' '.join(options)} < {'; '.join(inner)} >",
    st.lists(words, max_size=2),
    st.lists(calls, max_size=3),
)
fails = st.sampled_from(["", "", " fails", ' fails "x"'])
statements = st.builds(lambda statement, end: statement + end, calls | blocks, fails)
scripts = st.lists(statements, min_size=1, max_size=4).map("\n".join)


@settings(max_examples=400, deadline=None)
@given(scripts)
def test_every_script_is_bound_or_explained(text: str) -> None:
    source = Source("any.txsh", text)
    script, _ = parse(source)

    plan, findings = bind(script, known=WORLD)

    assert (plan is None) == bool(findings)
    for finding in findings:
        assert finding.span.source is source
        assert 0 <= finding.span.start < finding.span.end <= len(text)
        assert render(finding)
    assert findings == sorted(findings, key=lambda finding: finding.span.start)
