"""Exports over NBD, as a state of the model: what their names may be, and what of them is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import Lab

LONGEST = "x" * 4096


@pytest.fixture
def lab() -> Lab:
    made = Lab("qsd")
    made.image("s0", "qcow2")
    made.open("qcow2", "s0", "s0")
    made.execute("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "nbd"}}})
    return made


def export(**members: Any) -> dict[str, Any]:
    return {"type": "nbd", "id": "e", "node-name": "s0"} | members


@pytest.mark.parametrize("member", ["name", "description"])
def test_a_text_of_four_kibibytes_is_the_longest(lab: Lab, member: str) -> None:
    refused = lab.refused("block-export-add", export(**{member: LONGEST + "x"}))

    assert refused == f"{'export name' if member == 'name' else member} '{LONGEST}x' too long"
    assert lab.execute("query-block-exports") == []
    lab.execute("block-export-add", export(**{member: LONGEST}))
    assert [each["id"] for each in lab.execute("query-block-exports")] == ["e"]


def test_bytes_count_and_not_letters(lab: Lab) -> None:
    assert "too long" in lab.refused("block-export-add", export(name="\u00e9" * 2049))


def test_two_exports_cannot_have_one_name(lab: Lab) -> None:
    lab.execute("block-export-add", export(name="n"))

    assert lab.refused("block-export-add", export(id="f", name="n")) == "NBD server already has export named 'n'"
    assert lab.refused("block-export-add", export(name="m")) == "Block export id 'e' is already in use"
