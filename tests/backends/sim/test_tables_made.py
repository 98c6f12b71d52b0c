"""A qcow2 node makes the L2 tables of what it zeroes or discards, even when nothing was ever written there."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import CLUSTER, MEBIBYTE, Lab

_FRESH = 3 * CLUSTER + 512
"""Header, refcounts and an L1 table of less than a sector."""
_WITH_TABLE = 5 * CLUSTER


def length_after(request: str, compat: str) -> int:
    lab = Lab("qemu-system")
    lab.image("f", "qcow2", MEBIBYTE, compat=compat)
    lab.execute("blockdev-add", {"driver": "file", "node-name": "f", "filename": "f"})
    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "s", "file": "f", "discard": "unmap"})
    lab.execute("human-monitor-command", {"command-line": f'qemu-io s "{request}"'})
    size: int = lab.info("f")["image"]["virtual-size"]
    return size


@pytest.mark.parametrize("compat", ["v2", "v3"])
@pytest.mark.parametrize("request_words", ["discard", "write -z", "write -zu"])
def test_the_table_of_a_cluster_that_is_emptied_is_made(request_words: str, compat: str) -> None:
    assert length_after(f"{request_words} {CLUSTER} {CLUSTER}", compat) == _WITH_TABLE


@pytest.mark.parametrize("compat", ["v2", "v3"])
def test_a_discard_of_less_than_a_cluster_makes_none(compat: str) -> None:
    assert length_after(f"discard {CLUSTER} 4096", compat) == _FRESH
