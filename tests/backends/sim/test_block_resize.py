"""block_resize: what becomes of content and bitmaps, and who refuses."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import CLUSTER, HELD, MEBIBYTE, Lab

V7_2, V11_1 = (7, 2), (11, 1)


def resize(lab: Lab, node: str, size: int) -> None:
    lab.execute("block_resize", {"node-name": node, "size": size})


@pytest.mark.parametrize("image_format", ["qcow2", "raw"])
def test_what_was_cut_off_is_gone_and_what_was_added_is_zero(image_format: str) -> None:
    lab = Lab()
    lab.image("s0", image_format)
    lab.backend.host.write_image("s0", 0, MEBIBYTE, 17)
    lab.open(image_format, "s0")

    resize(lab, "s0", MEBIBYTE - CLUSTER)
    resize(lab, "s0", MEBIBYTE + CLUSTER)

    assert [lab.byte("s0", cluster) for cluster in (14, 15, 16)] == [17, 0, 0]


def test_bitmaps_go_along_and_record_behind_the_old_end() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.bitmap("s0", "b", (14, 16))
    lab.bitmap("s0", "coarse", granularity=2 * MEBIBYTE)
    lab.bitmap("s0", "off", (15, 16), disabled=True)

    resize(lab, "s0", MEBIBYTE - CLUSTER)
    assert lab.dirty("s0", "b") == [(14, 15)]
    resize(lab, "s0", 2 * MEBIBYTE)
    lab.write("s0", 31, 32)

    assert lab.dirty("s0", "b") == [(14, 15), (31, 32)]
    assert lab.bitmaps("s0")["coarse"]["count"] == 2 * MEBIBYTE
    assert lab.dirty("s0", "off") == []


def test_a_file_is_cut_with_the_image_at_its_end() -> None:
    lab = Lab()
    lab.drive("s0")
    before = lab.backend.disk.files["s0"].size_bytes

    resize(lab, "s0", MEBIBYTE // 2)

    assert lab.backend.disk.files["s0"].size_bytes == before - MEBIBYTE // 2


@pytest.mark.parametrize(
    ("node", "size", "refused"),
    [
        ("zz", 512, "Cannot find device='' nor node-name='zz'"),
        ("s0", -1, "Parameter 'size' expects a >0 size"),
        ("s0", 1000, "The new size must be a multiple of 512"),
        ("s0", 1 << 62, "Failed to grow the L1 table: File too large"),
        ("t0", 1 << 62, "Could not resize file: File too large"),
        ("n", 512, "Image format driver does not support resize"),
        ("window", 512, "Cannot resize fixed-size raw disks"),
        ("ro", 512, "Image is read-only"),
    ],
)
def test_what_cannot_be_resized_says_why(node: str, size: int, refused: str) -> None:
    lab = Lab()
    lab.drive("s0")
    for name in ("t0", "w", "ro"):
        lab.image(name, "raw")
    lab.open("raw", "t0")
    lab.open("raw", "window", "w", offset=4096, size=8192)
    lab.open("raw", "ro", "ro", **{"read-only": True})
    lab.execute("blockdev-add", {"driver": "null-co", "node-name": "n"})

    assert lab.refused("block_resize", {"node-name": node, "size": size}) == refused


def test_a_bitmap_that_must_not_change_keeps_its_image_as_it_is() -> None:
    lab = Lab()
    lab.drive("s0")
    lab.bitmap("s0", "b", persistent=True)
    for how in ("quit", "killed"):
        lab.backend = lab.backend.restart(how)
        lab.open("qcow2", "s0")

    assert lab.refused("block_resize", {"node-name": "s0", "size": 512}) == (
        "Bitmap 'b' is inconsistent and cannot be used"
    )


@pytest.mark.parametrize(
    ("version", "target"),
    [(V7_2, "Device '(null)' is in use"), (V11_1, "Node 't0' is busy: block device is in use by block job: backup")],
)
def test_source_and_target_of_a_job_keep_their_sizes(version: tuple[int, int], target: str) -> None:
    lab = Lab(version=version)
    lab.drive("s0")
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD))

    assert lab.refused("block_resize", {"node-name": "t0", "size": 512}) == target
    assert lab.refused("block_resize", {"node-name": "s0", "size": 512}).startswith(
        "Permission conflict on node 's0': permissions 'resize' are both required by an unnamed block device"
    )
