"""Offsets in qcow2 files, against qemu-img's own."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from txsh.backends.base import HostUnable
from txsh.backends.live.qcow2 import file_offset

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def made(path: Path, size: str, options: str, *commands: str) -> Path:
    """An image with some data."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-o", options, path, size], check=True)
    for command in commands:
        subprocess.run(["qemu-io", "-c", command, path], check=True, capture_output=True)
    return path


@pytest.mark.live
@pytest.mark.parametrize("options", ["cluster_size=512", "cluster_size=64k", "cluster_size=2M", "compat=0.10"])
def test_it_says_what_qemu_img_map_says(tmp_path: Path, options: str) -> None:
    image = made(
        tmp_path / "i.qcow2",
        "8M",
        options,
        "write 5M 100k",
        "write 1M 3k",
        "write 7M 4k",
        "write -z 1M 1k",
        "write 0 1",
    )

    found = subprocess.run(["qemu-img", "map", "--output=json", image], capture_output=True, check=True)

    for extent in json.loads(found.stdout):
        for distance in (0, extent["length"] // 2, extent["length"] - 1):
            expected = extent["offset"] + distance if "offset" in extent and not extent["zero"] else None
            assert file_offset(image, extent["start"] + distance) == expected


@pytest.mark.live
def test_compressed_data_lies_nowhere_by_itself(tmp_path: Path) -> None:
    image = made(tmp_path / "i.qcow2", "1M", "cluster_size=64k", "write -c 0 64k")

    assert file_offset(image, 0) is None


@pytest.mark.live
def test_an_image_with_other_tables_is_told(tmp_path: Path) -> None:
    image = made(tmp_path / "i.qcow2", "1M", "extended_l2=on")

    with pytest.raises(HostUnable, match="subclusters"):
        file_offset(image, 0)


def test_a_file_of_another_format_is_told(tmp_path: Path) -> None:
    image = tmp_path / "i.raw"
    image.write_bytes(bytes(MIB))

    with pytest.raises(HostUnable, match="no qcow2 file"):
        file_offset(image, 0)
