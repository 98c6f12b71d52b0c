"""txsh-trace/1: what the JSON report prints, held to its schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.session.play import play
from txsh.model.trace import Trace, Verdict
from txsh.report.trace_object import trace_object, unrun_object
from txsh.syntax.diagnostic import Diagnostic, Note
from txsh.syntax.source import Source, Span

SCHEMA: dict[str, Any] = json.loads(files("txsh.report").joinpath("trace-1.schema.json").read_text())

RICH = """\
drive d 1M
target t 1M
bitmap-add d.b0
bitmap-add d.b1 disabled
write d 0+128K
fault t write errno=ENOSPC
transaction < bitmap-remove d.b1; bitmap-clear d.nope > fails
backup d bitmap=b0 job=j0 to=t
wait
expect job j0 failed
transaction cancel=all < backup d; bitmap-remove d.b0 >
show
"""


def value_of(trace: Trace) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(trace_object(trace, "test.txsh", 0)))
    return value


@pytest.fixture(scope="module")
def rich() -> dict[str, Any]:
    return value_of(play(RICH))


def check(value: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(value)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_rich_trace_fits_the_schema(rich: dict[str, Any]) -> None:
    check(rich)
    for member in ("statements", "exchanges", "events", "jobs", "groups", "extents", "bitmaps"):
        assert rich[member], member


def test_the_schema_describes_every_member_that_is_written(rich: dict[str, Any]) -> None:
    """It would fit a looser schema, too; this one leaves nothing out."""
    parts = SCHEMA["$defs"]
    assert set(rich) == set(SCHEMA["properties"])
    for member, part in (("statements", "statement"), ("events", "event"), ("jobs", "job"), ("groups", "group")):
        assert set(rich[member][0]) == set(parts[part]["properties"]), member
    assert set(next(iter(rich["bitmaps"].values()))) == set(parts["bitmap"]["properties"])
    members = {member for exchange in rich["exchanges"] for member in exchange}
    assert members == set(parts["exchange"]["properties"])


def test_spans_are_places_that_people_count(rich: dict[str, Any]) -> None:
    assert rich["statements"][6]["culprit"] == {
        "file": "test.txsh",
        "line": 7,
        "column": 35,
        "end_line": 7,
        "end_column": 54,
    }


def test_a_refusal_is_told_with_its_class(rich: dict[str, Any]) -> None:
    assert rich["statements"][6]["refusal"] == {"class": "GenericError", "desc": "Dirty bitmap 'nope' not found"}
    assert rich["statements"][6]["outcome"] == "refused-as-expected"


def test_extents_are_offset_and_length() -> None:
    value = value_of(play("drive d 1M\nbitmap-add d.b\nwrite d 0+64K\nwrite d 128K+64K\n"))
    assert value["extents"] == {"d.b": [{"offset": 0, "length": 65536}, {"offset": 131072, "length": 65536}]}


def test_pauses_that_nobody_asked_for_are_marked(rich: dict[str, Any]) -> None:
    marked = [event["data"]["status"] for event in rich["events"] if event["incidental"]]
    assert set(marked) == {"paused", "running"}


def test_commands_are_what_was_on_the_wire(rich: dict[str, Any]) -> None:
    refused = next(exchange for exchange in rich["exchanges"] if "error" in exchange)
    assert refused["command"] == "transaction"
    assert [action["type"] for action in refused["arguments"]["actions"]] == [
        "block-dirty-bitmap-remove",
        "block-dirty-bitmap-clear",
    ]
    assert "return" not in refused


def test_the_same_run_again_gives_the_same_bytes(rich: dict[str, Any]) -> None:
    assert json.dumps(value_of(play(RICH))) == json.dumps(rich)


def test_a_lost_backend_has_no_bitmaps_to_tell_of() -> None:
    trace = play("drive d 1M\n")
    trace.bitmaps = None
    trace.verdict = Verdict("lost", "QEMU was killed", "transaction")
    value = value_of(trace)
    check(value)
    assert value["bitmaps"] is None
    assert value["verdict"] == {"word": "lost", "reason": "QEMU was killed", "unknown": "transaction"}


def test_what_was_never_run_fits_the_schema_with_what_is_wrong() -> None:
    span = Span(Source("a.txsh", "frob\n"), 0, 4)
    finding = Diagnostic("unknown-verb", "no", span, notes=(Note("here", span),))
    value = unrun_object("a.txsh", "sim", 2, "the script is wrong", sources=(span.source,), diagnostics=(finding,))
    check(value)
    assert value["diagnostics"][0]["notes"][0]["span"]["end_column"] == 5
    check(unrun_object("a.txsh", "qemu", 3, "no QEMU", word="lost"))


def test_choices_of_the_simulator_are_told() -> None:
    trace = play("drive d 1M\n")
    trace.choices = [("who is first", 2, 1)]
    value = value_of(trace)
    check(value)
    assert value["choices"] == [{"question": "who is first", "options": 2, "chosen": 1}]


def test_a_backend_that_could_not_be_opened_is_named_with_its_diagnostic() -> None:
    value = unrun_object("a.txsh", "qmp:/x", 3, "there is no socket /x", word="lost", name="no-socket")
    check(value)
    assert value["verdict"] == {
        "word": "lost",
        "reason": "there is no socket /x",
        "unknown": None,
        "name": "no-socket",
    }


def test_what_qemu_said_and_what_was_there_before_fit_the_schema(rich: dict[str, Any]) -> None:
    trace = play("drive d 1M\nbitmap-add d.b\n")
    trace.stderr, trace.folder, trace.bitmaps_before = "a\x1b[2J\nb", "/tmp/txsh-1", dict(trace.bitmaps or {})
    value = value_of(trace)
    check(value)
    assert (value["stderr"], value["folder"], list(value["bitmaps_before"])) == ("a\x1b[2J\nb", "/tmp/txsh-1", ["d.b"])
    assert (rich["stderr"], rich["folder"], rich["bitmaps_before"]) == (None, None, {})
