"""The JSON report: standard output is one document and nothing else, whatever has to be said beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from txsh.cli.code import UNREACHABLE
from txsh.cli.output import Output
from txsh.cli.report_json import JsonReport
from txsh.syntax.source import Source

if TYPE_CHECKING:
    import pytest


def test_what_a_run_leaves_behind_is_said_on_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    JsonReport(Output(), "qsd").left("a folder is kept", "rm -r removes it")

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "txsh: a folder is kept\n  rm -r removes it\n"


def test_a_backend_that_could_not_be_opened_has_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    report = JsonReport(Output(), "qmp:/x")
    report.begin(Source("a.txsh", "echo x\n"), None, ())

    report.unopened("nobody listens", "start it", UNREACHABLE, "no-monitor")

    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["verdict"]["word"] == "lost"
    assert document["verdict"]["name"] == "no-monitor"
    assert "nobody listens" in printed.err
    assert "start it" in printed.err
