"""Raw QMP on a real QEMU is read and judged by what that QEMU says it has, before anything is sent."""

from __future__ import annotations

import pytest

from tests.cli.command import txsh
from tests.live.standing import Standing

pytestmark = [pytest.mark.live, pytest.mark.parametrize("program", ["qemu", "qsd"])]


def test_words_are_what_the_running_ones_schema_says(program: str) -> None:
    with Standing(program) as qemu:
        script = "qmp blockdev-add driver=null-co node-name=n size=64M read-only=true\n"
        script += "qmp blockdev-add driver=raw node-name=true0 file=n\nqmp query-named-block-nodes flat=true\n"

        code, output, error = qemu.txsh(script, "--yes", "--format", "json")

        assert (code, error) == (0, ""), output
        assert {node["node-name"] for node in qemu.run("query-named-block-nodes", flat=True)} == {"n", "true0"}
        # What txsh asks for its own sake is no part of the run, least of all a quarter of a megabyte.
        assert "query-qmp-schema" not in output


def test_a_member_that_it_does_not_have_is_told_before_anything_is_sent(program: str) -> None:
    with Standing(program) as qemu:
        script = "qmp blockdev-add driver=null-co node-name=n size=64M\nqmp query-jobs x=1\n"

        code, _, error = qemu.txsh(script, "--yes")

        assert code == 2
        assert error.startswith("error[wrong-argument]: 'query-jobs' has no member 'x'\n")
        assert qemu.run("query-named-block-nodes", flat=True) == []


def test_so_it_is_on_a_launched_one(program: str) -> None:
    done = txsh("-b", program, "-c", "qmp query-jobs x=1")

    assert done.returncode == 2
    assert done.stderr.startswith("error[wrong-argument]: 'query-jobs' has no member 'x'\n")
