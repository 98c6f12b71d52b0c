"""drive-backup: a backup that makes its own target."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import ABORT, Lab, transaction
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


def test_what_needs_a_backing_file_is_not_simulated() -> None:
    with pytest.raises(NotSimulated, match="sync top"):
        drive().execute("drive-backup", drive_backup("new", sync="top"))
