"""What requests a node is shown to take: found when it is opened, and not again when what is below it changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import Lab


@pytest.fixture
def lab() -> Lab:
    """A raw node over a file, which takes any bytes, as source and target, and one over a null-co, which does not."""
    lab = Lab("qsd", (11, 1))
    for name in ("source", "target"):
        lab.image(name, "raw")
        lab.open("raw", name, name)
    lab.execute("blockdev-add", {"driver": "null-co", "node-name": "null", "size": 1 << 20})
    return lab


def limits(lab: Lab, node: str) -> dict[str, Any]:
    found: dict[str, Any] = lab.info(node)["image"]["limits"]
    return found


def backup(lab: Lab, job: str, target: str) -> None:
    arguments = {"job-id": job, "device": "source", "target": target, "sync": "none", "filter-node-name": f"{job}-f"}
    lab.execute("blockdev-backup", arguments)
    lab.settle()


def test_a_filter_has_the_limits_of_its_source_and_its_target(lab: Lab) -> None:
    backup(lab, "j", "null")

    assert limits(lab, "source")["min-mem-alignment"] == 1
    assert limits(lab, "j-f")["min-mem-alignment"] == 512


def test_a_filter_put_below_another_changes_nothing_of_what_that_one_shows(lab: Lab) -> None:
    backup(lab, "first", "target")

    backup(lab, "second", "null")

    assert lab.info("first-f")["children"][0] == {"node-name": "second-f", "child": "file"}
    assert limits(lab, "second-f")["min-mem-alignment"] == 512
    assert limits(lab, "first-f")["min-mem-alignment"] == 1


def test_a_reopened_node_finds_its_limits_again(lab: Lab) -> None:
    lab.execute("blockdev-add", {"driver": "raw", "node-name": "above", "file": "source"})

    lab.execute("blockdev-reopen", {"options": [{"driver": "raw", "node-name": "above", "file": "null"}]})

    assert limits(lab, "above")["min-mem-alignment"] == 512


def test_a_backing_file_counts_for_the_overlay(lab: Lab) -> None:
    lab.image("overlay", "qcow2")
    lab.execute("blockdev-add", {"driver": "file", "node-name": "file", "filename": "overlay"})

    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "overlay", "file": "file", "backing": "null"})

    assert limits(lab, "overlay")["min-mem-alignment"] == 512


def test_a_raw_file_whose_format_nobody_named_takes_whole_sectors(lab: Lab) -> None:
    lab.image("probed", "raw")
    arguments = {"job-id": "j", "device": "source", "target": "probed", "mode": "existing", "sync": "full"}

    lab.execute("drive-backup", {**arguments, "auto-finalize": False})
    lab.settle()

    probed = [
        node for node in lab.execute("query-named-block-nodes") if node["drv"] == "raw" and "#" in node["node-name"]
    ]
    assert [node["image"]["limits"]["request-alignment"] for node in probed] == [512]
