"""drive-backup, alone and in a transaction: a backup that makes its own target. Source: QEMU blockdev.c.

The file that it makes in prepare is never deleted. Not modelled: formats other than raw and qcow2.
"""

from __future__ import annotations

from errno import ENOENT
from os import strerror

from txsh.backends.base import CommandFailed, Image, NotSimulated
from txsh.backends.sim.backup import create_backup
from txsh.backends.sim.command.blockdev_backup import BlockdevBackup, backup_options
from txsh.backends.sim.drain import drain_all, drained_begin
from txsh.backends.sim.driver.registry import DRIVERS
from txsh.backends.sim.filename import filename
from txsh.backends.sim.graph import release, set_backing
from txsh.backends.sim.image import create_image
from txsh.backends.sim.loop import Coroutine
from txsh.backends.sim.node import ALL, RESIZE, WRITE
from txsh.backends.sim.open import mark_probed, open_node
from txsh.backends.sim.permission import refuse_locks
from txsh.backends.sim.transaction import transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World

FORMATS = ("raw", "qcow2", "file")


class DriveBackup(BlockdevBackup):
    """Makes target and job in prepare; for the rest it is a blockdev-backup."""

    def prepare(self) -> None:
        """Make the file, open it, make the job, which then alone holds the target."""
        world, data = self.context.world, self.data
        source = world.node(data["device"])
        self.source = source
        drained_begin(source)
        source.check_operation("backup-source")
        sync: str = data["sync"]
        backing = source if sync == "none" else None
        if sync == "top":
            backing = _below(source)
            sync = "full" if backing is None else sync
        image_format: str | None = data.get("format")
        if data.get("mode") != "existing":
            image_format = image_format or source.driver.name
            _create(world, data["target"], image_format, source.size_bytes, backing)
        target = _open(world, data["target"], image_format, source, is_overlay=sync == "none")
        # The filter of a job that is refused lets it go, which must not be the end of it yet.
        target.references += 1
        try:
            if world.profile.context_change_drains:
                drain_all(world)
            if sync == "none":
                _give_backing(target, source)
            options = backup_options(source, {**data, "sync": sync})
            self.job = create_backup(source, target, options, self.context.group)
        finally:
            target.references -= 1
            release(target)


def _below(source: Node) -> Node | None:
    """The backing file below all filters, None when there is none."""
    node = source
    while node.driver.is_filter:
        node = node.file
    return node.backing


def _create(world: World, name: str, image_format: str, size_bytes: int, backing: Node | None) -> None:
    """Make the file. Source: block.c, bdrv_img_create.

    Raises:
        CommandFailed: the format makes no files, or none with a backing file, or the file cannot be made.
        NotSimulated: a format without a model.
    """
    if image_format not in FORMATS:
        _refuse_format(world, image_format)
    if backing is not None and image_format != "qcow2":
        raise CommandFailed("GenericError", f"Backing file not supported for file format '{image_format}'")
    below = None if backing is None else (filename(backing), backing.driver.name)
    if below is not None and below[0] == name:
        text = "Error: Trying to create an image with the same filename as the backing file"
        raise CommandFailed("GenericError", text)
    if not name or not world.disk.has_folder_of(name):
        raise CommandFailed("GenericError", f"Could not create '{name}': {strerror(ENOENT)}")
    file = world.disk.files.get(name)
    if file is not None:
        refuse_locks(world, file, WRITE | RESIZE, ALL & ~RESIZE)
    create_image(world.disk, Image(name, "raw", 0 if image_format == "qcow2" else size_bytes))
    if image_format == "qcow2":
        _create_qcow2(world, name, size_bytes, below)


def _create_qcow2(world: World, name: str, size_bytes: int, backing: tuple[str, str] | None) -> None:
    """Put the format into the file, by the way that blockdev-create takes. Source: qcow2.c, qcow2_co_create_opts."""
    from txsh.backends.sim.create_qcow2 import create_qcow2  # noqa: PLC0415  # raw targets need none of it

    file = open_node(world, {"driver": "file", "filename": name})
    options: dict[str, Any] = {"driver": "qcow2", "file": file.name, "size": size_bytes}
    if backing is not None:
        options["backing-file"], options["backing-fmt"] = backing
    file.references += 1
    request = Coroutine(create_qcow2(world, options))
    world.loop.enter(request)
    world.loop.wait_while(lambda: not request.finished)
    file.references -= 1
    release(file)


def _refuse_format(world: World, image_format: str) -> None:
    if image_format in DRIVERS:
        text = f"Format driver '{image_format}' does not support image creation"
        raise CommandFailed("GenericError", text)
    if not _is_driver(world, image_format):
        raise CommandFailed("GenericError", f"Unknown file format '{image_format}'")
    raise NotSimulated(f"format {image_format} of drive-backup")


def _is_driver(world: World, name: str) -> bool:
    from txsh.schema.entry import Enum  # noqa: PLC0415  # only refusals need it
    from txsh.schema.table import table  # noqa: PLC0415  # the same

    known = table(world.profile.version, world.program).type("BlockdevDriver")
    return isinstance(known, Enum) and name in known.values


def _open(world: World, name: str, image_format: str | None, source: Node, *, is_overlay: bool) -> Node:
    """Open the target; without a format it is looked at."""
    if image_format is not None and image_format not in FORMATS:
        if not _is_driver(world, image_format):
            raise CommandFailed("GenericError", f"Unknown driver '{image_format}'")
        if name not in world.disk.files and not image_format.startswith("null-"):
            raise CommandFailed("GenericError", f"Could not open '{name}': {strerror(ENOENT)}")
        raise NotSimulated(f"format {image_format} of drive-backup")
    options: dict[str, Any] = {"discard": "unmap", "detect-zeroes": "unmap"}
    if source.no_flush:
        options["cache"] = {"no-flush": True}
    if image_format == "file":
        return open_node(world, {"driver": "file", "filename": name, **options})
    file = world.disk.files.get(name)
    driver = image_format or ("raw" if file is None or file.format is None else "qcow2")
    if is_overlay and driver == "qcow2":
        options["backing"] = None
    node = open_node(world, {"driver": driver, "file": {"driver": "file", "filename": name}, **options})
    if image_format is None:
        mark_probed(node)
    return node


def _give_backing(target: Node, source: Node) -> None:
    """Source: block.c, bdrv_set_backing_hd, which locks the graph before it refuses."""
    with source.world.graph_lock.write():
        if target.driver.name != "qcow2":
            text = f"Driver '{target.driver.name}' of node '{target.name}' does not support backing files"
            raise CommandFailed("GenericError", text)
        set_backing(target, source)


def drive_backup(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A transaction of one.

    Raises:
        CommandFailed: in QEMU's order of checks.
    """
    transaction(world, [{"type": "drive-backup", "data": arguments}], "individual")
    return {}


COMMANDS = {"drive-backup": drive_backup}
ACTIONS = {"drive-backup": DriveBackup}
