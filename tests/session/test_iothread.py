"""What a run knows of iothreads: only what it has put there itself, and taken away again."""

from __future__ import annotations

from typing import Any

import pytest

from txsh.session.iothread import Iothreads, Placed


def heard(*commands: tuple[str, dict[str, Any]]) -> Iothreads:
    iothreads = Iothreads()
    for command, arguments in commands:
        iothreads.heard(command, arguments)
    return iothreads


EXPORT = ("block-export-add", {"type": "nbd", "id": "x", "node-name": "d", "iothread": "io"})
MOVED = ("x-blockdev-set-iothread", {"node-name": "d", "iothread": "io"})


def test_an_export_puts_its_node_there() -> None:
    iothreads = heard(EXPORT)

    assert iothreads.of(["c", "d"]) == Placed("d", "io", "x")
    assert iothreads.of(["c"]) is None


def test_a_node_is_there_by_itself() -> None:
    assert heard(MOVED).of(["d"]) == Placed("d", "io")


@pytest.mark.parametrize(
    "command",
    [
        ("x-blockdev-set-iothread", {"node-name": "d", "iothread": None}),
        ("blockdev-del", {"node-name": "d"}),
    ],
)
def test_a_node_that_was_moved_back_or_is_gone_is_not(command: tuple[str, dict[str, Any]]) -> None:
    assert not heard(MOVED, command).are_used


@pytest.mark.parametrize("command", [("block-export-del", {"id": "x"}), ("nbd-server-stop", {})])
def test_an_export_that_is_gone_is_not(command: tuple[str, dict[str, Any]]) -> None:
    assert not heard(EXPORT, command).are_used


def test_the_end_of_an_export_leaves_nodes_where_they_were_put() -> None:
    assert heard(EXPORT, MOVED, ("nbd-server-stop", {})).of(["d"]) == Placed("d", "io")


def test_an_export_in_several_iothreads_names_all_of_them() -> None:
    arguments = {**EXPORT[1], "iothread": ["a", "b"], "fixed-iothread": True}

    found = heard(("block-export-add", arguments)).of(["d"])

    assert found is not None
    assert found.words == "export 'x' of 'd' runs in iothread 'a, b'"
    assert found.is_fixed


def test_an_export_without_an_iothread_is_in_none() -> None:
    assert not heard(("block-export-add", {"type": "nbd", "id": "x", "node-name": "d"})).are_used


def test_who_stays_there_decides() -> None:
    fixed = ("block-export-add", {**EXPORT[1], "id": "y", "fixed-iothread": True})

    found = heard(EXPORT, fixed, MOVED).of(["d"])

    assert found is not None
    assert found.export == "y"
