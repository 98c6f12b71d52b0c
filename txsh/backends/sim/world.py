"""One QEMU process: its nodes, jobs, exports, events and clock. Ends with the process; the files stay on the disk.

Knows nothing of QMP commands; those are in `command`.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed
from txsh.backends.sim.graph_lock import GraphLock
from txsh.model.event import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from txsh.backends.sim.block_backend import BlockBackend
    from txsh.backends.sim.disk import Disk
    from txsh.backends.sim.export import Export
    from txsh.backends.sim.iothread import IoThread
    from txsh.backends.sim.job import Job
    from txsh.backends.sim.loop import EventLoop
    from txsh.backends.sim.node import Node
    from txsh.backends.sim.profile import Profile
    from txsh.backends.sim.throttle_group import ThrottleGroup
    from txsh.model.choices import Choices


class World:
    """The state of the process.

    Attributes:
        nodes: in order of creation.
        jobs: newest first, as QEMU keeps them.
        events: emitted and not yet taken.
        anonymous: the number of the next ``#block`` node.
        drained_all: how many drains of everything are in force.
        name: of the guest, when it was given one.
        not_started: the guest waits for its first cont.
        drives: block backends that the command line gave a name.
    """

    __slots__ = (
        "anonymous",
        "choices",
        "disk",
        "drained_all",
        "drives",
        "events",
        "exports",
        "graph_lock",
        "jobs",
        "loop",
        "name",
        "nbd_server",
        "nodes",
        "not_started",
        "objects",
        "profile",
        "program",
        "quitting",
        "running",
    )

    def __init__(self, profile: Profile, program: str, loop: EventLoop, disk: Disk, choices: Choices) -> None:
        self.profile = profile
        self.program = program
        self.loop = loop
        self.disk = disk
        self.choices = choices
        self.nodes: list[Node] = []
        self.jobs: list[Job] = []
        self.exports: list[Export] = []
        self.drives: list[BlockBackend] = []
        self.objects: dict[str, IoThread | ThrottleGroup] = {}
        self.name: str | None = None
        self.nbd_server: dict[str, Any] | None = None
        self.events: list[Event] = []
        self.anonymous = 0
        self.drained_all = 0
        self.graph_lock = GraphLock(self)
        self.running = True
        self.not_started = False
        self.quitting = False

    def shut_down(self) -> None:
        """End cleanly: close the exports, cancel the jobs, close the nodes."""
        from txsh.backends.sim.shutdown import shut_down  # noqa: PLC0415  # most processes are just left

        shut_down(self)

    def settle(self) -> None:
        """Somebody may look now: what was reckoned ahead becomes what it is at this moment."""
        for job in self.jobs:
            job.driver.settle()

    def emit(self, name: str, data: dict[str, Any]) -> None:
        """Send an event."""
        self.events.append(Event(self.loop.now_us, name, data))

    def find_node(self, name: str) -> Node | None:
        """The node of that name, None when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        return None

    def find_drive(self, name: str) -> BlockBackend | None:
        """The drive of that name, None when there is none."""
        for drive in self.drives:
            if drive.name == name:
                return drive
        return None

    def find_job(self, job_id: str) -> Job | None:
        """The job of that id, None when there is none."""
        for job in self.jobs:
            if job.id == job_id:
                return job
        return None

    def node(self, name: str) -> Node:
        """The node of that name.

        Raises:
            CommandFailed: there is none; in the words of backups and bitmap-add.
        """
        return self.lookup(name, name)

    def lookup(self, device: str | None, node_name: str | None) -> Node:
        """The node of a drive, or else the one of that name. Source: QEMU block.c, bdrv_lookup_bs.

        Raises:
            CommandFailed: there is none.
        """
        drive = None if device is None else self.find_drive(device)
        if drive is not None:
            if drive.root is None:
                raise CommandFailed("GenericError", f"Device '{device}' has no medium")
            return drive.root.node
        node = None if node_name is None else self.find_node(node_name)
        if node is None:
            words = f"device='{device or ''}' nor node-name='{node_name or ''}'"
            raise CommandFailed("GenericError", f"Cannot find {words}")
        return node
