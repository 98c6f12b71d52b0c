"""Iothreads: who follows whom, and where each QEMU dies of it."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import Lab
from txsh.backends.base import BackendLost, NotSimulated

V7_2, V10_0, V11_1 = (7, 2), (10, 0), (11, 1)


def make_lab(version: tuple[int, int], *, fixed: bool = False) -> Lab:
    """A node s0 whose export runs in the iothread io, and a target."""
    lab = Lab("qsd", version)
    lab.drive("s0")
    lab.target("t0")
    lab.execute("object-add", {"qom-type": "iothread", "id": "io"})
    lab.execute("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "nbd.sock"}}})
    export = {"type": "nbd", "id": "e", "name": "e", "node-name": "s0", "iothread": "io"}
    lab.execute("block-export-add", export | ({"fixed-iothread": True} if fixed else {}))
    return lab


def test_an_export_takes_its_node_along_and_gives_it_back() -> None:
    lab = make_lab(V11_1)
    assert [lab.find("s0").iothread, lab.find("s0").file.iothread, lab.find("t0").iothread] == ["io", "io", None]

    lab.execute("block-export-del", {"id": "e"})
    lab.settle()

    assert lab.find("s0").iothread is None


def test_an_iothread_that_is_not_there_is_refused() -> None:
    lab = make_lab(V11_1)

    refused = lab.refused("block-export-add", {"type": "nbd", "id": "x", "node-name": "t0", "iothread": "no"})

    assert refused == 'iothread "no" not found'


@pytest.mark.parametrize("version", [V10_0, V11_1])
def test_a_backup_of_a_node_in_an_iothread_kills_newer_ones(version: tuple[int, int]) -> None:
    lab = make_lab(version)

    with pytest.raises(BackendLost):
        lab.transaction(lab.backup("j0"))


def test_the_same_backup_runs_on_7_2() -> None:
    lab = make_lab(V7_2)
    lab.transaction(lab.backup("j0"))

    assert lab.settle()[-1] == "j0 null"


@pytest.mark.parametrize("version", [V7_2, V10_0, V11_1])
def test_a_backup_onto_a_node_in_an_iothread_takes_it_to_the_main_loop(version: tuple[int, int]) -> None:
    lab = make_lab(version)
    lab.transaction(lab.backup("j0", source="t0", target="s0"))

    assert lab.settle()[-1] == "j0 null"


def test_a_backup_beside_a_bound_export_would_run_in_the_iothread_which_is_not_simulated() -> None:
    lab = make_lab(V11_1, fixed=True)

    with pytest.raises(NotSimulated, match="a backup in an iothread"):
        lab.transaction(lab.backup("j0"))


def test_a_filter_above_takes_the_node_to_the_main_loop_unless_it_is_bound() -> None:
    for fixed, iothread in ((False, None), (True, "io")):
        lab = make_lab(V11_1, fixed=fixed)

        lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "d", "image": "s0"})

        assert (lab.find("d").iothread, lab.find("s0").iothread) == (iothread, iothread)


def test_on_7_2_a_filter_above_a_node_in_an_iothread_is_the_end_unless_it_is_bound() -> None:
    make_lab(V7_2, fixed=True).execute("blockdev-add", {"driver": "blkdebug", "node-name": "d", "image": "s0"})

    with pytest.raises(BackendLost):
        make_lab(V7_2).execute("blockdev-add", {"driver": "blkdebug", "node-name": "d", "image": "s0"})


def test_a_bound_node_follows_nobody() -> None:
    lab = make_lab(V11_1, fixed=True)
    lab.execute("object-add", {"qom-type": "iothread", "id": "io2"})
    arguments = {"type": "nbd", "id": "x", "name": "x", "node-name": "s0", "iothread": "io2"}

    refused = lab.refused("block-export-add", arguments | {"fixed-iothread": True})
    lab.execute("block-export-add", arguments)

    assert refused == "Cannot change iothread of active block backend"
    assert lab.find("s0").iothread == "io"


def test_an_iothread_with_a_qcow2_node_in_it_must_not_be_deleted_before_11_1() -> None:
    for version in (V7_2, V10_0):
        with pytest.raises(BackendLost):
            make_lab(version).execute("object-del", {"id": "io"})

    make_lab(V11_1).execute("object-del", {"id": "io"})


def test_a_node_can_be_put_into_an_iothread_when_nobody_may_use_it() -> None:
    lab = make_lab(V11_1)
    used = {"node-name": "s0", "iothread": None}

    lab.execute("x-blockdev-set-iothread", {"node-name": "t0", "iothread": "io"})

    assert lab.find("t0").file.iothread == "io"
    assert lab.refused("x-blockdev-set-iothread", used) == (
        "Node s0 is associated with a BlockBackend and could be in use (use force=true to override this check)"
    )
    assert lab.refused("x-blockdev-set-iothread", {"node-name": "t0", "iothread": "no"}) == "Cannot find iothread no"
    assert lab.refused("x-blockdev-set-iothread", {"node-name": "zz", "iothread": "io"}) == (
        "Failed to find node with node-name='zz'"
    )
    lab.execute("x-blockdev-set-iothread", used | {"force": True})
    assert lab.find("s0").iothread is None


@pytest.mark.parametrize(("version", "more"), [(V7_2, {"poll-grow": 0}), (V11_1, {"poll-grow": 2, "poll-weight": 3})])
def test_iothreads_are_told_with_their_settings(version: tuple[int, int], more: dict[str, int]) -> None:
    lab = Lab("qemu-system", version)
    lab.execute("object-add", {"qom-type": "iothread", "id": "io", "poll-max-ns": 7})

    (told,) = lab.execute("query-iothreads")

    assert told["id"] == "io"
    assert told["poll-max-ns"] == 7
    assert told.items() >= more.items()


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        ({"qom-type": "iothread", "id": "io"}, "attempt to add duplicate property 'io' to object (type 'container')"),
        ({"qom-type": "iothread", "id": "1x"}, "Parameter 'id' expects an identifier"),
        (
            {"qom-type": "iothread", "id": "x", "poll-max-ns": -1},
            "poll-max-ns value must be in range [0, 9223372036854775807]",
        ),
    ],
)
def test_a_wrong_object_is_refused(arguments: dict[str, object], refused: str) -> None:
    lab = make_lab(V11_1)

    assert lab.refused("object-add", arguments) == refused
    assert lab.refused("object-del", {"id": "x"}) == "object 'x' not found"
