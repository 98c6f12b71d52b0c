"""blockdev-create: what it makes, what it refuses and where, and the job that it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import MEBIBYTE, Lab
from txsh.backends.base import BackendLost, NotSimulated, run_now

GIBIBYTE = 1 << 30


def create(lab: Lab, driver: str, **options: Any) -> str | None:
    """Let a creation run; the error of its job, None when it went well."""
    lab.execute("blockdev-create", {"job-id": "c", "options": {"driver": driver, **_dashed(options)}})
    lab.settle()
    (job,) = lab.execute("query-jobs")
    lab.execute("job-dismiss", {"id": "c"})
    lab.settle()
    error: str | None = job.get("error")
    return error


def empty(lab: Lab, name: str = "f") -> None:
    """A node on an empty file of the same name."""
    assert create(lab, "file", filename=name, size=0) is None
    lab.execute("blockdev-add", {"driver": "file", "node-name": name, "filename": name})


def _dashed(options: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in options.items()}


def test_it_is_a_job_that_stays_until_it_is_dismissed_and_no_block_job() -> None:
    lab = Lab("qsd")

    lab.execute("blockdev-create", {"job-id": "c", "options": {"driver": "file", "filename": "a", "size": 512}})

    assert lab.settle() == ["c created", "c running", "c waiting", "c pending", "c concluded"]
    assert lab.execute("query-jobs") == [
        {"current-progress": 1, "total-progress": 1, "status": "concluded", "type": "create", "id": "c"}
    ]
    assert lab.execute("query-block-jobs") == []
    assert lab.refused("block-job-dismiss", {"id": "c"}) == "Block job 'c' not found"
    lab.execute("job-dismiss", {"id": "c"})
    assert lab.settle() == ["c null"]


def test_a_file_gets_its_length_after_the_reply_and_is_refused_before_it() -> None:
    lab = Lab("qsd")

    lab.execute("blockdev-create", {"job-id": "c", "options": {"driver": "file", "filename": "a", "size": 0}})
    (job,) = lab.execute("query-jobs")
    lab.execute("blockdev-create", {"job-id": "d", "options": {"driver": "file", "filename": "", "size": 0}})

    assert job["status"] == "running"
    assert lab.execute("query-jobs")[0]["status"] == "concluded"


def test_its_end_is_no_change_of_the_graph_and_pauses_nobody() -> None:
    lab = Lab("qsd", (11, 1))
    lab.drive("s0")
    lab.target("t0")
    lab.execute("blockdev-backup", lab.backup("j", sync="none")["data"])
    lab.execute("blockdev-create", {"job-id": "c", "options": {"driver": "file", "filename": "a", "size": 512}})
    lab.settle()

    lab.execute("job-dismiss", {"id": "c"})

    assert lab.settle() == ["c null"]


@pytest.mark.parametrize(
    ("size", "length", "room"),
    [(0, 0, 0), (1, 512, 4096), (1000, 1024, 4096), (10 * MEBIBYTE, 10 * MEBIBYTE, 4096)],
)
def test_a_file_has_its_first_block_written(size: int, length: int, room: int) -> None:
    lab = Lab("qsd")

    assert create(lab, "file", filename="a", size=size) is None

    lab.execute("blockdev-add", {"driver": "file", "node-name": "n", "filename": "a"})
    image = lab.info("n")["image"]
    assert (image["virtual-size"], image["actual-size"]) == (length, room)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"size": -1}, "Could not resize file: Invalid argument"),
        ({"size": 1 << 62}, "Could not resize file: File too large"),
        ({"size": 512, "preallocation": "metadata"}, "Unsupported preallocation mode: metadata"),
        ({"size": -512, "preallocation": "full"}, "Cannot use preallocation for shrinking files"),
        ({"size": 1, "filename": ""}, "Could not create '': No such file or directory"),
        ({"size": 1, "extent_size_hint": 1 << 33}, "Extent size hint is too large"),
    ],
)
def test_a_file_that_cannot_be_fails_the_job(options: dict[str, Any], error: str) -> None:
    assert create(Lab("qsd"), "file", **{"filename": "a", **options}) == error


def test_a_file_that_somebody_writes_is_not_made_anew() -> None:
    lab = Lab("qsd")
    empty(lab)
    create(lab, "qcow2", file="f", size=MEBIBYTE)
    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "q", "file": "f"})

    assert create(lab, "file", filename="f", size=0) == 'Failed to get "write" lock'


def test_an_image_can_be_opened_and_has_what_was_asked_for() -> None:
    lab = Lab("qsd")
    empty(lab)

    assert create(lab, "qcow2", file="f", size=MEBIBYTE, version="v2", cluster_size=4096) is None

    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "q", "file": "f"})
    image = lab.info("q")["image"]
    assert (image["virtual-size"], image["cluster-size"]) == (MEBIBYTE, 4096)
    assert image["format-specific"]["data"]["compat"] == "0.10"
    assert lab.info("f")["image"]["virtual-size"] == 3 * 4096 + 512


def test_tables_of_small_clusters_share_a_page() -> None:
    lab = Lab("qsd")
    empty(lab)

    create(lab, "qcow2", file="f", size=MEBIBYTE, cluster_size=512)

    image = lab.info("f")["image"]
    assert (image["virtual-size"], image["actual-size"]) == (2048, 4096)


def test_an_image_in_a_window_of_a_file_is_found_there_again() -> None:
    lab = Lab("qsd")
    create(lab, "file", filename="f", size=4 * MEBIBYTE)
    file = {"driver": "file", "filename": "f"}
    lab.execute("blockdev-add", {"driver": "raw", "node-name": "w", "file": file, "offset": 65536})

    assert create(lab, "qcow2", file="w", size=MEBIBYTE) is None

    lab.execute("blockdev-add", {"driver": "qcow2", "node-name": "q", "file": "w"})
    lab.write("q", 0, 1, 0x55)
    assert lab.byte("q", 0) == 0x55
    other = {"driver": "qcow2", "node-name": "p", "read-only": True, "file": {**file, "locking": "off"}}
    assert lab.refused("blockdev-add", other) == "Image is not in qcow2 format"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"size": 1000}, "Image size must be a multiple of 512 bytes"),
        ({"size": -512}, "Could not resize image: Image size cannot be negative"),
        ({"size": 1 << 56}, "Could not resize image: Failed to grow the L1 table: File too large"),
        ({"cluster_size": 1000}, "Cluster size must be a power of two between 512 and 2048k"),
        ({"refcount_bits": 3}, "Refcount width must be a power of two and may not exceed 64 bits"),
        ({"backing_fmt": "qcow2"}, "Backing format cannot be used without backing file"),
        (
            {"version": "v2", "lazy_refcounts": True},
            "Lazy refcounts only supported with compatibility level 1.1 and above (use version=v3 or greater)",
        ),
        ({"file": "nope"}, "Cannot find device='nope' nor node-name='nope'"),
    ],
)
def test_an_image_that_cannot_be_fails_the_job(options: dict[str, Any], error: str) -> None:
    lab = Lab("qsd")
    empty(lab)

    assert create(lab, "qcow2", **{"file": "f", "size": MEBIBYTE, **options}) == error


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"iotype": "write", "sector": 0}, "Could not write qcow2 header"),
        ({"iotype": "write", "sector": 128}, "Could not write refcount table"),
        ({"iotype": "write", "sector": 384}, "Could not resize image: Failed to grow the L1 table"),
        ({"iotype": "read"}, "Could not read qcow2 header"),
        ({"iotype": "read", "sector": 128}, "Could not initialize refcount handling"),
        ({"iotype": "flush"}, "Could not resize image: Failed to grow the L1 table"),
    ],
)
def test_a_fault_below_strikes_the_step_that_meets_it(rule: dict[str, Any], error: str) -> None:
    lab = Lab("qsd")
    empty(lab)
    rules = [{"event": "none", "errno": 28, **rule}]
    lab.execute("blockdev-add", {"driver": "blkdebug", "node-name": "d", "image": "f", "inject-error": rules})

    assert create(lab, "qcow2", file="d", size=MEBIBYTE) == f"{error}: No space left on device"


def test_each_image_that_was_opened_on_the_way_has_taken_a_number() -> None:
    lab = Lab("qsd")
    empty(lab)

    create(lab, "qcow2", file="f", size=MEBIBYTE)

    lab.execute("blockdev-add", {"driver": "raw", "node-name": "r", "file": {"driver": "null-co"}})
    (name,) = (node["node-name"] for node in lab.execute("query-named-block-nodes") if "#" in node["node-name"])
    assert name.startswith("#block2")


def test_preallocated_clusters_have_their_places() -> None:
    lab = Lab("qsd")
    empty(lab)

    assert create(lab, "qcow2", file="f", size=MEBIBYTE, preallocation="metadata") is None

    image = lab.info("f")["image"]
    assert (image["virtual-size"], image["actual-size"]) == (21 * 65536, 65 * 4096)


def test_a_window_of_fixed_size_takes_no_more_than_fits() -> None:
    lab = Lab("qsd")
    create(lab, "file", filename="f", size=4 * MEBIBYTE)
    lab.execute(
        "blockdev-add",
        {"driver": "raw", "node-name": "w", "file": {"driver": "file", "filename": "f"}, "size": 2 * 65536},
    )

    error = create(lab, "qcow2", file="w", size=MEBIBYTE)

    assert error == "Could not write refcount table: No space left on device"


def test_what_is_not_modelled_is_named_before_there_is_a_job() -> None:
    lab = Lab("qsd")
    empty(lab)
    options = {"driver": "qcow2", "file": "f", "size": MEBIBYTE, "extended-l2": True}

    with pytest.raises(NotSimulated, match="option 'extended-l2' of blockdev-create"):
        lab.execute("blockdev-create", {"job-id": "c", "options": options})

    assert lab.execute("query-jobs") == []


def test_a_write_behind_the_end_of_a_bitmap_ends_the_process() -> None:
    lab = Lab("qsd")
    empty(lab)
    create(lab, "file", filename="f", size=MEBIBYTE)
    file = {"driver": "file", "filename": "f"}
    lab.execute("blockdev-add", {"driver": "raw", "node-name": "w", "file": file, "size": 65536})
    lab.execute("block-dirty-bitmap-add", {"node": "w", "name": "b"})
    lab.execute("blockdev-create", {"job-id": "c", "options": {"driver": "qcow2", "file": "w", "size": MEBIBYTE}})

    with pytest.raises(BackendLost, match="behind the end of a bitmap"):
        lab.settle()
    with pytest.raises(BackendLost):
        run_now(lab.backend.execute("query-jobs", {}))
