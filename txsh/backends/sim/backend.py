"""The simulator as a backend: a model QEMU that takes and gives QMP's JSON.

Knows nothing of scripts. Never suspends, never reads a clock. Time moves only in `next_event`, in guest I/O, and where
QEMU itself waits inside a command.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, CommandFailed, NotSimulated
from txsh.backends.sim.command import module_of
from txsh.backends.sim.disk import Disk
from txsh.backends.sim.host import SimHost
from txsh.backends.sim.loop import EventLoop
from txsh.backends.sim.profile import DEFAULT, PROFILES
from txsh.backends.sim.world import World
from txsh.model.choices import Choices
from txsh.model.event import QmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from txsh.backends.base import Observer, Reply
    from txsh.model.event import Event


class SimBackend:
    """One simulated QEMU.

    Args:
        version: major and minor of the QEMU to model.
        program: ``qemu-system`` or ``qsd``.
        choices: answers to what is uncertain; None takes the first everywhere.
        arguments: the program's command line, see `boot`.

    Raises:
        NotSimulated: there is no profile of that version.

    Attributes:
        between: called between two moments of virtual time, where the world is whole; what it raises breaks
            `next_event` off.
    """

    def __init__(
        self,
        version: tuple[int, int] = DEFAULT.version,
        program: str = "qemu-system",
        choices: Choices | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        profile = PROFILES.get(version)
        if profile is None:
            raise NotSimulated(f"QEMU {version[0]}.{version[1]}")
        self.name = f"sim:{version[0]}.{version[1]}"
        self.version = version
        self.program = program
        self.observer: Observer | None = None
        self.between: Callable[[], None] | None = None
        self.choices = Choices() if choices is None else choices
        self.disk = Disk()
        self.world = World(profile, program, EventLoop(), self.disk, self.choices)
        self.host = SimHost(self.disk, self.world)
        self._arguments = tuple(arguments)
        self._is_booted = not self._arguments
        self._lost: BackendLost | None = None

    def boot(self) -> None:
        """Do what the command line says, with the files that are there; the first command does it if nobody has.

        Raises:
            NotSimulated: an argument without a model.
            BackendLost: QEMU would not start.
        """
        if not self._is_booted:
            self._is_booted = True
            from txsh.backends.sim.command_line import start  # noqa: PLC0415  # few processes have arguments

            try:
                start(self.world, self._arguments)
            except BackendLost as lost:
                self._lost = lost
                raise

    async def execute(self, command: str, arguments: Mapping[str, Any], *, look: bool = False) -> Any:
        """Answer one command.

        Raises:
            CommandFailed: QEMU would answer with an error.
            NotSimulated: there is no model of it.
            BackendLost: QEMU would crash or hang, now or earlier.
        """
        try:
            reply = self.answer(command, arguments)
        except CommandFailed as failure:
            self.go_on(command)
            self._tell(command, arguments, QmpError(failure.error_class, failure.description), look=look)
            raise
        self.go_on(command)
        self._tell(command, arguments, reply, look=look)
        return reply

    def answer(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command up to where QEMU sends the reply. Events from before it are in `World.events`.

        `go_on` has to be called next, whatever comes of it.

        Raises:
            CommandFailed: QEMU would answer with an error.
            NotSimulated: there is no model of it.
            BackendLost: QEMU would crash or hang, now or earlier.
        """
        if self._lost is not None:
            raise self._lost
        self.boot()
        self.world.settle()
        try:
            try:
                reply = self._answer(command, arguments)
            except CommandFailed:
                self.world.loop.poll()
                raise
            # The coroutine that replies is woken through the main loop, of which one turn comes first.
            # Source: QEMU qapi/qmp-dispatch.c, do_qmp_dispatch_bh of 10.0; 7.2.22 does the same.
            self.world.loop.poll()
        except BackendLost as lost:
            raise self._lose(lost, command) from None
        return reply

    def go_on(self, command: str) -> None:
        """Do what is left to do at this moment after the reply to a command.

        Raises:
            BackendLost: QEMU would crash or hang.
        """
        try:
            self.world.loop.run_ready()
            if self.world.quitting:
                self._end("QEMU has quit")
        except BackendLost as lost:
            raise self._lose(lost, command) from None

    def _lose(self, lost: BackendLost, command: str) -> BackendLost:
        self._lost = type(lost)(lost.description, command)
        return self._lost

    def restart(self, how: str) -> SimBackend:
        """A new process on the same files.

        Args:
            how: ``quit`` ends the old one cleanly first, ``killed`` leaves the files as they are at this moment.
        """
        if how == "quit" and self._lost is None:
            self._end("QEMU was started again")
        again = SimBackend(self.version, self.program, self.choices, self._arguments)
        again.observer = self.observer
        again.disk = again.world.disk = again.host.disk = self.disk
        again.world.loop.now_us = self.world.loop.now_us
        return again

    async def next_event(self, deadline_us: int | None) -> Event | None:
        """The next event; moves the virtual clock up to the deadline if it must.

        Raises:
            BackendLost: it is gone.
        """
        world = self.world
        while not world.events:
            if self._lost is not None:
                raise self._lost
            try:
                world.loop.run_ready()
                if world.events:
                    break
                if self.between is not None:
                    self.between()
                moved = world.loop.advance(deadline_us)
            except BackendLost as lost:
                self._lost = lost
                raise
            if not moved:
                if deadline_us is not None:
                    world.loop.now_us = max(world.loop.now_us, deadline_us)
                return None
        return world.events.pop(0)

    def now_us(self) -> int:
        """The virtual clock."""
        return self.world.loop.now_us

    async def close(self) -> None:
        """Nothing was launched, so nothing is to be ended."""

    def _end(self, description: str) -> None:
        self.world.shut_down()
        self._lost = BackendLost(description)

    def _answer(self, command: str, arguments: Mapping[str, Any]) -> Any:
        from txsh.schema.visitor import refusal  # noqa: PLC0415  # it loads the schema

        refused = refusal(self.version, self.program, command, arguments)
        if refused is not None:
            raise CommandFailed(refused.error_class, refused.description)
        module = module_of(command)
        function = None if module is None else module.COMMANDS.get(command)
        if function is None:
            raise NotSimulated(f"command {command}")
        return function(self.world, arguments)

    def _tell(self, command: str, arguments: Mapping[str, Any], reply: Reply | QmpError, *, look: bool) -> None:
        if self.observer is not None:
            self.observer(command, arguments, reply, look)
