"""No raw command makes the checker raise, in whatever form, and a plan comes exactly when there is no error."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binding import WORLD
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.report.diagnostic import render
from txsh.schema.table import table
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

COMMANDS = [*table((7, 2), "qemu-system").commands(), "nonsense", ""]
MEMBERS = "node name device target job-id id sync actions type data properties options driver node-name file filename"
MEMBERS += " size bitmaps addr path granularity command-line qom-type completion-mode"
TEXTS = ["drive0", "b0", "full", "qcow2", "null-co", "abort", "block-dirty-bitmap-clear", "/etc/x", "nbd:x", "unix", ""]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(TEXTS)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(MEMBERS.split()), inner, max_size=4)
    ),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.sampled_from(MEMBERS.split()), VALUES, max_size=5)
KNOWN = [WORLD, WORLD._replace(version=(11, 1), program="qsd"), WORLD._replace(version=None), Known(attached=True)]


def written(command: str, arguments: dict[str, Any], *, in_words: bool) -> str:
    if in_words:
        words = [f"{name}={json.dumps(value)}" for name, value in arguments.items()]
        return " ".join(["qmp", command or '""', *words])
    return f"qmp {json.dumps({'execute': command, 'arguments': arguments})}"


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(COMMANDS), ARGUMENTS, st.booleans(), st.booleans(), st.sampled_from(KNOWN))
def test_any_raw_command_is_bound_or_told_to_be_wrong(
    command: str,
    arguments: dict[str, Any],
    in_words: bool,  # noqa: FBT001  # drawn
    is_refused: bool,  # noqa: FBT001  # drawn
    known: Known,
) -> None:
    text = written(command, arguments, in_words=in_words) + (" fails" if is_refused else "")
    script, mistakes = parse(Source("any.txsh", text))
    assert mistakes == []

    plan, findings = bind(script, known=known)

    assert (plan is None) == bool(findings)
    assert all(render(finding) for finding in findings)
    if plan is not None and not in_words:
        (step,) = plan.steps
        assert json.dumps(step.arguments) == json.dumps(arguments)  # type: ignore[union-attr]  # it is the raw one
