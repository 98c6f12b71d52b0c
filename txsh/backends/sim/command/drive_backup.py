"""drive-backup, alone and in a transaction: a backup that makes its own target. Source: QEMU blockdev.c.

The file that it makes in prepare is never deleted. Not modelled: sync top and none, which need a backing file for the
target, probing of an existing file's format, and formats other than raw and qcow2.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed, Image, NotSimulated
from txsh.backends.sim.backup import create_backup
from txsh.backends.sim.command.blockdev_backup import BlockdevBackup, backup_options
from txsh.backends.sim.graph import drained_begin, release
from txsh.backends.sim.image import create_image
from txsh.backends.sim.open import open_node
from txsh.backends.sim.transaction import transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.node import Node
    from txsh.backends.sim.world import World

FORMATS = ("raw", "qcow2")


class DriveBackup(BlockdevBackup):
    """Makes target and job in prepare; for the rest it is a blockdev-backup."""

    def prepare(self) -> None:
        """Make the file, open it, make the job, which then alone holds the target."""
        source = self.context.world.node(self.data["device"])
        self.source = source
        drained_begin(source)
        source.check_operation("backup-source")
        target = self._open_target(source)
        try:
            self.job = create_backup(source, target, backup_options(source, self.data), self.context.group)
        finally:
            release(target)

    def _open_target(self, source: Node) -> Node:
        world, data = self.context.world, self.data
        existing = data.get("mode") == "existing"
        image_format: str | None = data.get("format", None if existing else source.driver.name)
        if image_format not in FORMATS:
            raise NotSimulated(f"format {image_format} of drive-backup")
        if data["sync"] in ("top", "none"):
            raise NotSimulated(f"sync {data['sync']} of drive-backup")
        name: str = data["target"]
        if not existing:
            if not world.disk.has_folder_of(name):
                raise CommandFailed("GenericError", f"Could not create '{name}': No such file or directory")
            if any(node.options.get("filename") == name for node in world.nodes):
                raise NotSimulated("drive-backup onto a file that is open")
            create_image(world.disk, Image(name, image_format, source.size_bytes))
        file = {"driver": "file", "filename": name}
        return open_node(world, {"driver": image_format, "file": file, "discard": "unmap", "detect-zeroes": "unmap"})


def drive_backup(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A transaction of one.

    Raises:
        CommandFailed: in QEMU's order of checks.
    """
    transaction(world, [{"type": "drive-backup", "data": arguments}], "individual")
    return {}


COMMANDS = {"drive-backup": drive_backup}
ACTIONS = {"drive-backup": DriveBackup}
