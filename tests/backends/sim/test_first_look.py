"""Asking a qcow2 node for its block status reads its refcounts first, once: a job that has to ask takes time."""

from __future__ import annotations

from tests.backends.sim.lab import Lab


def make_lab() -> Lab:
    """An empty overlay o0: a backup of its top layer has nothing to copy."""
    lab = Lab()
    lab.drive("s0")
    lab.image("o0", "qcow2", backing=("s0", "qcow2"))
    lab.open("qcow2", "o0", backing=None)
    lab.target("t0")
    return lab


def ends_before_reply(lab: Lab) -> bool:
    data = lab.backup("j0", source="o0", sync="top")["data"]
    lab.backend.answer("blockdev-backup", data)
    ended = any(event.data.get("status") == "null" for event in lab.backend.world.events)
    lab.backend.go_on("blockdev-backup")
    assert lab.settle()[-1] == "j0 null"
    return ended


def test_only_the_first_backup_of_a_top_layer_is_answered_before_it_ends() -> None:
    lab = make_lab()

    assert [ends_before_reply(lab), ends_before_reply(lab)] == [False, True]


def test_who_has_written_has_the_refcounts_already() -> None:
    lab = make_lab()
    assert lab.find("t0").driver.first_look_us() == 0  # a raw node has none

    lab.write("o0", 0, 1)

    assert lab.find("o0").driver.first_look_us() == 0
