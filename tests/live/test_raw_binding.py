"""Raw QMP is held against the schema of the very QEMU that was launched, before anything of the script is sent."""

from __future__ import annotations

import json

import pytest

from tests.cli.command import txsh

pytestmark = pytest.mark.live


@pytest.mark.parametrize("program", ["qemu", "qsd"])
def test_what_this_qemu_has_not_is_told_before_anything_runs(program: str) -> None:
    done = txsh("-b", program, "--format", "json", "run", "-", text="drive d 1M\nqmp query-jbos\n")

    trace = json.loads(done.stdout)
    assert done.returncode == 2
    assert [found["name"] for found in trace["diagnostics"]] == ["unknown-command"]
    assert trace["statements"] == trace["exchanges"] == []


def test_each_program_has_its_own_commands() -> None:
    text = "qmp query-name\n"

    assert txsh("-b", "qemu", "run", "-", text=text).returncode == 0
    refused = txsh("-b", "qsd", "run", "-", text=text)
    assert refused.returncode == 2
    assert "has no command 'query-name'" in refused.stderr


def test_words_are_read_by_type_and_the_reply_is_told() -> None:
    text = (
        "drive d 1M\nqmp block-dirty-bitmap-add node=d name=0123 granularity=64K disabled=true\n"
        "qmp query-named-block-nodes flat=true\nexpect reply return.0.dirty-bitmaps.0.name=0123\n"
    )

    done = txsh("-b", "qsd", "--format", "json", "run", "-", text=text)

    assert done.returncode == 0, done.stderr
    trace = json.loads(done.stdout)
    sent = [each["arguments"] for each in trace["exchanges"] if each["command"] == "block-dirty-bitmap-add"]
    assert sent == [{"node": "d", "name": "0123", "granularity": 65536, "disabled": True}]
    assert trace["statements"][2]["output"].startswith("[{") or trace["statements"][2]["output"].startswith("{")
