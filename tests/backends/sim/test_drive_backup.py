"""drive-backup: a backup that makes its own target."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import ABORT, CLUSTER, MEBIBYTE, Lab, transaction
from txsh.backends.base import NotSimulated


def drive_backup(target: str, **more: Any) -> dict[str, Any]:
    return {"device": "s0", "target": target, "sync": "full", "job-id": "j0", **more}


def drive() -> Lab:
    lab = Lab()
    lab.drive("s0")
    return lab


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_the_file_that_it_makes_holds_what_the_drive_held(image_format: str) -> None:
    lab = drive()
    lab.execute("drive-backup", drive_backup("new", format=image_format))
    assert lab.settle()[-1] == "j0 null"
    lab.open(image_format, "new")
    assert lab.same("s0", "new")


def test_the_target_goes_with_the_job_and_the_format_is_the_drives_own() -> None:
    lab = drive()
    lab.execute("drive-backup", drive_backup("new"))
    lab.settle()
    assert [node.name for node in lab.backend.world.nodes if node.name != "s0"] == [lab.find("s0").file.name]
    assert lab.backend.disk.files["new"].format is not None


def test_the_file_stays_when_the_transaction_is_undone() -> None:
    lab = drive()
    lab.refused("transaction", transaction({"type": "drive-backup", "data": drive_backup("new")}, ABORT))
    assert lab.backend.host.file_exists("new")
    assert lab.execute("query-jobs") == []


def test_a_folder_that_is_not_there_is_told_and_nothing_is_left() -> None:
    lab = drive()
    desc = "Could not create 'nodir/x': No such file or directory"
    assert lab.refused("drive-backup", drive_backup("nodir/x")) == desc
    desc = "Could not open 'gone': No such file or directory"
    assert lab.refused("drive-backup", drive_backup("gone", mode="existing", format="raw")) == desc
    assert lab.find("s0").quiesce_count == 0


def overlay(version: tuple[int, int] = (7, 2)) -> Lab:
    lab = Lab(version=version)
    lab.image("base", "qcow2")
    lab.backend.host.write_image("base", 0, MEBIBYTE, 17)
    lab.image("s0", "qcow2", backing=("base", "qcow2"))
    lab.backend.host.write_image("s0", 3 * CLUSTER, CLUSTER, 5)
    lab.open("qcow2", "s0")
    return lab


def test_the_top_layer_alone_goes_into_a_file_over_the_same_base() -> None:
    lab = overlay()
    lab.execute("drive-backup", drive_backup("new", sync="top"))
    assert lab.settle()[-2:] == ["j0 concluded", "j0 null"]
    image = lab.backend.disk.files["new"].format
    assert image is not None
    assert image.backing == ("base", "qcow2")
    lab.open("qcow2", "new")
    assert lab.same("s0", "new")


def test_without_a_layer_below_the_top_is_everything() -> None:
    lab = drive()
    lab.execute("drive-backup", drive_backup("new", sync="top", speed=1))
    assert lab.job("j0")["len"] == MEBIBYTE


def test_a_copy_made_as_the_guest_writes_reads_the_rest_from_the_drive() -> None:
    lab = overlay()
    lab.execute("drive-backup", drive_backup("new", sync="none"))
    lab.write("s0", 3, 4)
    new = next(node for node in lab.backend.world.nodes if node.options.get("backing", 0) is None)
    assert new.backing is lab.find("s0")
    assert [value for _, _, value in new.driver.stored(new, 3 * CLUSTER, 4 * CLUSTER)] == [5]
    assert [value for _, _, value in new.driver.stored(new, 4 * CLUSTER, 5 * CLUSTER)] == [17]


@pytest.mark.parametrize("sync", ["top", "none"])
def test_raw_has_no_place_for_a_backing_file(sync: str) -> None:
    desc = "Backing file not supported for file format 'raw'"
    assert overlay().refused("drive-backup", drive_backup("new", sync=sync, format="raw")) == desc


def test_the_format_of_an_existing_file_is_looked_at() -> None:
    lab = drive()
    lab.image("there", "qcow2")
    lab.execute("drive-backup", drive_backup("there", mode="existing"))
    assert lab.settle()[-1] == "j0 null"
    lab.open("qcow2", "there")
    assert lab.same("s0", "there")


@pytest.mark.parametrize("mode", ["existing", "absolute-paths"])
def test_a_file_in_use_is_no_target(mode: str) -> None:
    more = {"mode": mode, "format": "qcow2"}
    assert drive().refused("drive-backup", drive_backup("s0", **more)) == 'Failed to get "write" lock'


@pytest.mark.parametrize(
    ("image_format", "desc"),
    [
        ("foo", "Unknown file format 'foo'"),
        ("blkdebug", "Format driver 'blkdebug' does not support image creation"),
    ],
)
def test_not_every_format_can_be_made(image_format: str, desc: str) -> None:
    assert drive().refused("drive-backup", drive_backup("new", format=image_format)) == desc


@pytest.mark.parametrize(
    ("image_format", "desc"),
    [("foo", "Unknown driver 'foo'"), ("vmdk", "Could not open 'gone': No such file or directory")],
)
def test_not_every_format_can_be_opened(image_format: str, desc: str) -> None:
    assert drive().refused("drive-backup", drive_backup("gone", mode="existing", format=image_format)) == desc


def test_a_format_without_a_model_is_not_simulated() -> None:
    with pytest.raises(NotSimulated, match="format vmdk"):
        drive().execute("drive-backup", drive_backup("new", format="vmdk"))


def beside_a_held_job(version: tuple[int, int]) -> Lab:
    """Each change of the graph pauses the job that copies ``other``."""
    lab = Lab(version=version)
    for name in ("s0", "other"):
        lab.target(name)
    lab.execute("blockdev-add", {"driver": "null-co", "node-name": "null", "size": MEBIBYTE})
    held = {"speed": 1, "x-perf": {"max-workers": 1, "max-chunk": CLUSTER}}
    lab.transaction(lab.backup("j0", "other", "null", **held))
    lab.settle()
    return lab


@pytest.mark.parametrize("version", [(10, 0), (11, 1)])
def test_the_target_of_a_job_refused_late_is_closed_after_its_filter(version: tuple[int, int]) -> None:
    lab = beside_a_held_job(version)

    assert lab.refused("drive-backup", drive_backup("new", format="raw")) == "Job ID 'j0' already in use"

    assert lab.settle().count("j0 paused") == 12


@pytest.mark.parametrize("version", [(10, 0), (11, 1)])
def test_the_graph_is_locked_before_a_backing_file_is_refused(version: tuple[int, int]) -> None:
    lab = beside_a_held_job(version)
    lab.image("raw", "raw")
    arguments = drive_backup("raw", **{"format": "raw", "mode": "existing", "sync": "none", "job-id": "j1"})

    assert lab.refused("drive-backup", arguments).endswith("does not support backing files")

    assert lab.settle().count("j0 paused") == 7
