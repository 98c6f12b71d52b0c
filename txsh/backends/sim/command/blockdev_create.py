"""blockdev-create. Source: QEMU block/create.c, qmp_blockdev_create."""

from __future__ import annotations

from txsh.backends.base import CommandFailed, NotSimulated
from txsh.backends.sim.create import start_creation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.world import World

UNMODELLED = frozenset(
    "gluster luks nfs parallels qcow qed rbd ssh vdi vhdx vmdk vpc".split()  # noqa: SIM905  # read as a list of names
)
"""Other drivers that can create something."""


def run(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Start the job.

    Raises:
        CommandFailed: the driver creates nothing, or the job's id is malformed or taken.
        NotSimulated: a driver or an option without a model.
    """
    options: Mapping[str, Any] = arguments["options"]
    driver: str = options["driver"]
    if driver in UNMODELLED:
        raise NotSimulated(f"blockdev-create of {driver}")
    if driver == "file":
        from txsh.backends.sim.create_file import create_file  # noqa: PLC0415  # loads when used

        start_creation(world, arguments["job-id"], lambda: create_file(world, options))
    elif driver == "qcow2":
        from txsh.backends.sim.create_qcow2 import create_qcow2  # noqa: PLC0415  # the same
        from txsh.backends.sim.create_qcow2_options import refuse_unmodelled  # noqa: PLC0415  # the same

        refuse_unmodelled(world, options)
        start_creation(world, arguments["job-id"], lambda: create_qcow2(world, options))
    else:
        raise CommandFailed("GenericError", "Driver does not support blockdev-create")
    return {}


COMMANDS = {"blockdev-create": run}
