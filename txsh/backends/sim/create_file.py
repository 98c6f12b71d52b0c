"""Creating a file: made or emptied, then given its length.

Opening it is done at once, each change of its length in a thread: so the command is answered before its job ends,
unless the file cannot be opened. Source: QEMU block/file-posix.c (raw_co_create, raw_regular_truncate).
"""

from __future__ import annotations

from errno import EFBIG, EINVAL, ENOENT, ENOTSUP
from os import strerror

from txsh.backends.sim.content import Runs
from txsh.backends.sim.create import CreationFailed
from txsh.backends.sim.disk import File
from txsh.backends.sim.driver.file import REQUEST_US
from txsh.backends.sim.node import ALL, RESIZE, WRITE
from txsh.backends.sim.permission import refuse_locks
from txsh.model.extent import Extents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from txsh.backends.sim.world import World

FILE_BYTES_MAX = (1 << 44) - 4096
"""The longest file of an ext4 with blocks of 4 KiB."""
EXTENT_BYTES_MAX = (1 << 32) - 1
SECTOR_BYTES = 512
PAGE_BYTES = 4096


def create_file(world: World, options: Mapping[str, Any]) -> Generator[None, None, None]:
    """Make a file as options of blockdev-create say.

    Raises:
        CreationFailed: it cannot be made, is in use, or cannot have that length.
    """
    name: str = options["filename"]
    if options.get("extent-size-hint", 0) > EXTENT_BYTES_MAX:
        raise CreationFailed("Extent size hint is too large")
    if not name or not world.disk.has_folder_of(name):
        raise CreationFailed(f"Could not create '{name}': {strerror(ENOENT)}", ENOENT)
    file = world.disk.files.get(name)
    if file is None:
        file = world.disk.files[name] = File(name, 0)
    refuse_locks(world, file, WRITE | RESIZE, ALL & ~RESIZE)
    yield from world.loop.sleep_us(REQUEST_US)
    _empty(file)
    yield from world.loop.sleep_us(REQUEST_US)
    _lengthen(file, options["size"], options.get("preallocation", "off"))


def _empty(file: File) -> None:
    file.size_bytes = 0
    file.runs = Runs()
    file.reserved = Extents()
    file.formats.clear()


def _lengthen(file: File, size_bytes: int, preallocation: str) -> None:
    if size_bytes < 0 and preallocation != "off":
        raise CreationFailed("Cannot use preallocation for shrinking files", ENOTSUP)
    if preallocation == "metadata":
        raise CreationFailed("Unsupported preallocation mode: metadata", ENOTSUP)
    error = EINVAL if size_bytes < 0 else EFBIG if size_bytes > FILE_BYTES_MAX else 0
    if error:
        raise CreationFailed(f"Could not resize file: {strerror(error)}", error)
    if not size_bytes:
        return
    if preallocation == "full":
        file.runs.write(0, size_bytes, 0)
    elif preallocation == "falloc":
        file.reserved.add(0, size_bytes)
    else:
        # The first block is written, so that the alignment of a disk can be probed.
        first_bytes = PAGE_BYTES if size_bytes >= PAGE_BYTES else SECTOR_BYTES
        file.runs.write(0, first_bytes, 0)
        size_bytes = max(size_bytes, first_bytes)
    file.size_bytes = size_bytes
