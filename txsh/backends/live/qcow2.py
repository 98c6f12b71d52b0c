"""Where in a qcow2 file the data of a guest offset lies. Reads the file and nothing else.

Source: docs/interop/qcow2.txt: header, cluster mapping, L1 and L2 table entries.
"""

from __future__ import annotations

import struct

from txsh.backends.base import HostUnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_MAGIC = b"QFI\xfb"
_OFFSET_MASK = 0x00FFFFFFFFFFFE00
_COMPRESSED = 1 << 62
_ZERO = 1
_FEATURES_UNKNOWN_HERE = (1 << 2) | (1 << 4)  # external data file, extended L2 entries
_HEADER = struct.Struct(">4sIQIIQIIQ")
_VERSION_WITH_FEATURES = 3
_FEATURES_AT = 72
_L2_ENTRY_BYTES = 8


def file_offset(path: Path, offset: int) -> int | None:
    """The offset in the file; None when the cluster is not allocated here, reads as zeroes, or is compressed.

    The file must hold the tables as they are now: flush before.

    Raises:
        HostUnable: the image uses a feature that places data in another way.
    """
    cluster_bits: int
    with path.open("rb") as file:
        magic, version, _, _, cluster_bits, _, _, l1_size, l1_offset = _HEADER.unpack(file.read(_HEADER.size))
        if magic != _MAGIC:
            raise HostUnable("no-file-offset", f"{path.name} is no qcow2 file")
        if version >= _VERSION_WITH_FEATURES and _number_at(file, _FEATURES_AT) & _FEATURES_UNKNOWN_HERE:
            raise HostUnable("no-file-offset", f"{path.name} has subclusters or an external data file")
        l2_bits = cluster_bits - 3
        l1_index, cluster = offset >> cluster_bits + l2_bits, offset >> cluster_bits
        if l1_index >= l1_size:
            return None
        l2_offset = _number_at(file, l1_offset + l1_index * 8) & _OFFSET_MASK
        if not l2_offset:
            return None
        entry = _number_at(file, l2_offset + (cluster & (1 << l2_bits) - 1) * _L2_ENTRY_BYTES)
    start = entry & _OFFSET_MASK
    if not start or entry & _COMPRESSED or (entry & _ZERO and version >= _VERSION_WITH_FEATURES):
        return None
    return start + (offset & (1 << cluster_bits) - 1)


def _number_at(file: BinaryIO, offset: int) -> int:
    file.seek(offset)
    (number,) = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))
    return int(number)
