"""Drives of the command line: a node, and a block backend with a name above it.

Source: QEMU blockdev.c, blockdev_init.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed, NotSimulated
from txsh.backends.sim.block_backend import BlockBackend
from txsh.backends.sim.graph import release
from txsh.backends.sim.node import READ
from txsh.backends.sim.open import mark_probed, open_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from txsh.backends.sim.command_line import Pairs
    from txsh.backends.sim.world import World

CACHES: dict[str, Pairs] = {
    "writeback": [],
    "none": [("cache.direct", "on")],
    "unsafe": [("cache.no-flush", "on")],
}
RENAMED = {"readonly": "read-only", "format": "driver"}
PLAIN = ("node-name", "read-only", "driver", "discard", "detect-zeroes", "auto-read-only")
NESTED = ("file.", "backing.", "cache.")


def add_drive(world: World, pairs: Pairs, typed: Callable[[Pairs], dict[str, Any]]) -> None:
    """Open what a ``-drive`` says.

    Args:
        typed: makes blockdev-add's arguments of pairs.

    Raises:
        CommandFailed: QEMU would refuse.
        NotSimulated: an option without a model.
    """
    options: dict[str, str] = {}
    for key, value in pairs:
        options[RENAMED.get(key, key)] = value
    if options.pop("if", "none") != "none":
        raise NotSimulated("-drive of an interface")
    name = options.pop("id", None)
    if name is None:
        name = f"none{sum(drive.name.startswith('none') for drive in world.drives)}"
    if world.find_drive(name) is not None:
        raise CommandFailed("GenericError", f"Duplicate ID '{name}' for drive")
    world.drives.append(BlockBackend(world, None, name=name))
    if options:
        is_probed = "driver" not in options
        _open(world, world.drives[-1], _node_options(world, options), typed, is_probed=is_probed)


def _node_options(world: World, options: dict[str, str]) -> Pairs:
    filename = options.pop("file", None)
    cache = options.pop("cache", "writeback")
    if cache not in CACHES:
        raise NotSimulated(f"-drive with cache={cache}")
    for key in options:
        if key not in PLAIN and not key.startswith(NESTED):
            raise NotSimulated(f"-drive with {key}")
    pairs = list(options.items()) + CACHES[cache]
    if filename is not None:
        if filename.startswith("json:") or ":" in filename.partition("/")[0]:
            raise NotSimulated(f"-drive of {filename}")
        pairs += [("file.driver", "file"), ("file.filename", filename)]
        if "driver" not in options:
            pairs.append(("driver", _probe(world, filename)))
    elif "driver" not in options:
        raise NotSimulated("-drive without file and driver")
    elif "file.filename" in options and "file.driver" not in options:
        pairs.append(("file.driver", "file"))
    return pairs


def _probe(world: World, filename: str) -> str:
    """The format of a file. Source: block.c, find_image_format."""
    file = world.disk.files.get(filename)
    return "raw" if file is None or file.format is None else "qcow2"


def _open(
    world: World, drive: BlockBackend, pairs: Pairs, typed: Callable[[Pairs], dict[str, Any]], *, is_probed: bool
) -> None:
    node = open_node(world, typed(pairs))
    if is_probed:
        mark_probed(node)
    try:
        drive.insert(node, READ)  # what a device would need more is for the device to ask for
    except CommandFailed:
        release(node)
        raise
