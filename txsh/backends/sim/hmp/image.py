"""qemu-io's commands about the image as a whole: info and truncate. Source: QEMU qemu-io-cmds.c, block/qapi.c."""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.hmp.words import Misused, read_options, read_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.backends.sim.block_backend import BlockBackend

INDENT = "    "
PREALLOCATIONS = ("off", "metadata", "falloc", "full")


def info(backend: BlockBackend, words: list[str]) -> str:
    """What is special to the format; only that goes to the monitor. Source: bdrv_image_info_specific_dump."""
    del words
    node = None if backend.root is None else backend.root.node
    image = None if node is None else node.driver.image_format()
    if node is None or image is None or node.driver.name != "qcow2":
        return ""
    from txsh.backends.sim.command.query_block import describe_image  # noqa: PLC0415  # only this needs it

    heading = "Format specific information:\n" if node.world.profile.info_heading_shown else ""
    return heading + _dumped(describe_image(node)["format-specific"]["data"], 1)


def _dumped(value: dict[str, Any] | list[Any], depth: int) -> str:
    from txsh.schema.order import dict_order  # noqa: PLC0415  # only this needs it

    text = ""
    if isinstance(value, dict):
        members = [(name.replace("-", " "), value[name]) for name in dict_order(value)]
    else:
        members = [(f"[{index}]", each) for index, each in enumerate(value)]
    for name, each in members:
        if isinstance(each, dict | list):
            text += f"{INDENT * depth}{name}:\n{_dumped(each, depth + 1)}"
        else:
            text += f"{INDENT * depth}{name}: {str(each).lower() if isinstance(each, bool) else each}\n"
    return text


def truncate(backend: BlockBackend, words: list[str]) -> None:
    """Change the size.

    Raises:
        CommandFailed: what the monitor shows of a refusal.
        NotSimulated: with preallocation.
        BackendLost: without a size; older ones do not stand it.
    """
    profile = backend.world.profile
    options, rest = read_options(profile, words, "m:")
    mode = options.get("m", "off")
    if mode not in PREALLOCATIONS:
        raise CommandFailed("GenericError", f"Invalid preallocation mode '{mode}'")
    if not rest and not profile.strict_sizes:
        raise BackendLost("QEMU crashes here: qemu-io truncate without a size (SIGSEGV)")
    if not rest:
        raise Misused
    size_bytes = read_size(profile, rest[0])
    if mode != "off":
        raise NotSimulated("preallocation of qemu-io truncate")
    if backend.root is not None and backend.root.node.driver.name == "copy-before-write":
        raise NotSimulated("a resize above the filter of a job")
    refused = backend.wait(backend.start(0, 0, lambda node: node.truncate(size_bytes)))
    if isinstance(refused, str):
        raise CommandFailed("GenericError", refused)
