"""The seam: what a backend is to the rest of txsh. QMP on one side, a few things QMP cannot do on the other.

Knows nothing of scripts. Every backend (the simulator, a live QEMU, a recording) answers these two protocols, and the
session uses nothing else of it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any, NamedTuple, Protocol, TypeVar

    from txsh.model.event import Event, QmpError
    from txsh.model.extent import Extents

    T = TypeVar("T")

    Reply = Mapping[str, Any] | list[Any] | str | int | None
    Observer = Callable[[str, Mapping[str, Any], Reply | QmpError, bool], None]
    """Called after each answer with command, arguments, the return value or error, and whether it was only a look."""
else:
    from txsh.named import NamedTuple

    Protocol = object


class CommandFailed(Exception):
    """QEMU answered a command with an error; nothing else is wrong.

    Args:
        error_class: QMP's class, nearly always ``GenericError``.
        description: QMP's ``desc``, letter for letter.
    """

    def __init__(self, error_class: str, description: str) -> None:
        super().__init__(description)
        self.error_class = error_class
        self.description = description


class GuestError(Exception):
    """Guest I/O failed with an errno; `description` is strerror's text (``Input/output error``)."""

    def __init__(self, errno: int, description: str) -> None:
        super().__init__(description)
        self.errno = errno
        self.description = description


class HostUnable(Exception):
    """This backend cannot do what was asked beside QMP (make an image, read as the guest, find an offset).

    Args:
        name: kebab-case name of the diagnostic, such as ``no-guest-io``.
        description: what cannot be done, and why.
        advice: what would make it possible.
    """

    def __init__(self, name: str, description: str, advice: str | None = None) -> None:
        super().__init__(description)
        self.name = name
        self.description = description
        self.advice = advice


class NotSimulated(Exception):
    """The simulator has no model of this yet; `what` names it. It never answers by guess."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not simulated: {what}")
        self.what = what


class BackendLost(Exception):
    """The backend is gone or no longer answers.

    Args:
        description: what happened ("QEMU was killed by SIGSEGV").
        unknown: the command that was sent and never answered, in words; its effect is unknown. None when
            nothing was open.
    """

    def __init__(self, description: str, unknown: str | None = None) -> None:
        super().__init__(description)
        self.description = description
        self.unknown = unknown


class BackendHung(BackendLost):
    """The backend is there, but never answers again."""


class Backend(Protocol):
    """What answers QMP commands and gives QMP events."""

    name: str
    """How the user asked for it: ``sim:7.2``, ``qemu``, ``qsd``."""
    version: tuple[int, int]
    """The QEMU that it is, or models."""
    program: str
    """``qemu-system`` or ``qsd``."""
    observer: Observer | None
    """Told of every command answered, those of the `Host` included."""

    async def execute(self, command: str, arguments: Mapping[str, Any], *, look: bool = False) -> Any:
        """Send one command and return its ``return`` value.

        Args:
            look: txsh asks for its own sake (states, extents); marked so in the trace.

        Raises:
            CommandFailed: QEMU answered with an error.
            NotSimulated: the simulator has no model of the command or of one of its arguments.
            BackendLost: QEMU went away or did not answer in time.
        """

    async def next_event(self, deadline_us: int | None) -> Event | None:
        """The next event, in QEMU's order.

        An event that has already come is returned at once. Otherwise time passes until one comes or `now_us` reaches
        the deadline; None then, or at once where nothing can happen any more (simulator, no deadline given).

        Args:
            deadline_us: on the clock of `now_us`. A deadline that is not in the future only collects what is there.

        Raises:
            BackendLost: QEMU went away.
        """

    def now_us(self) -> int:
        """The clock of events, in microseconds: virtual in the simulator, starting at 0; monotonic live."""

    async def close(self) -> None:
        """End the backend: kill what was launched, remove what was created. May be called twice."""


class Image(NamedTuple):
    """An image file to make in the run's scratch folder.

    Args:
        file: plain file name inside the scratch folder.
        format: ``qcow2`` or ``raw``.
        size_bytes: virtual size.
        cluster_bytes: qcow2 cluster size; None for qemu-img's default.
        compat: qcow2 ``v2`` or ``v3``.
        backing: file name (scratch folder) and format of the backing file, or None.
    """

    file: str
    format: str
    size_bytes: int
    cluster_bytes: int | None = None
    compat: str = "v3"
    backing: tuple[str, str] | None = None


class Mismatch(NamedTuple):
    """The first byte that is not what was expected: where, and what is there."""

    offset: int
    found: int


class Content(Protocol):
    """All that a node holds at one moment, as something that can be compared."""

    size_bytes: int

    def first_difference(self, other: Any) -> int | None:
        """Offset at or shortly before the first byte that differs (backends may round down to 64 KiB); None when equal.

        Contents of different sizes differ at the end of the shorter one at the latest.
        """


class Host(Protocol):
    """What QMP cannot do: image files, I/O as the guest does it, exact extents.

    Every method may raise `HostUnable`, and `BackendLost`.
    """

    looks_unasked: bool
    """Whether dirty extents may be read for the trace alone; where a QEMU is not ours, reading them is a change."""

    def path(self, file: str) -> str:
        """The name by which QMP commands reach a file of the scratch folder."""

    async def create_image(self, image: Image) -> None:
        """Make an image file; it must not exist yet."""

    async def read(self, node: str, offset: int, length: int, pattern: int | None) -> Mismatch | None:
        """Read as the guest; with a pattern (0-255) say where the first other byte is.

        Raises:
            GuestError: the read failed.
        """

    async def write(self, node: str, offset: int, length: int, pattern: int) -> None:
        """Write one repeated byte as the guest. Bitmaps, copy-before-write and faults see it.

        Raises:
            GuestError: the write failed.
        """

    async def zero(self, node: str, offset: int, length: int, *, unmap: bool) -> None:
        """Write zeroes as the guest (NBD_CMD_WRITE_ZEROES).

        Raises:
            GuestError: it failed.
        """

    async def discard(self, node: str, offset: int, length: int) -> None:
        """Discard as the guest (NBD_CMD_TRIM).

        Raises:
            GuestError: it failed.
        """

    async def flush(self, node: str) -> None:
        """Flush as the guest (NBD_CMD_FLUSH).

        Raises:
            GuestError: it failed.
        """

    async def extents(self, node: str, bitmap: str) -> Extents:
        """The dirty bytes of a bitmap that is not busy, exactly, cut at the end of the image. Changes nothing."""

    async def content(self, node: str) -> Content:
        """Everything the node holds now. Cost follows what is allocated, not the size."""

    async def nbd_address(self) -> str | None:
        """The Unix socket of the NBD server for exports of the script's, started if it does not run yet.

        ``HOST:PORT`` when the script has started one there. None: exports are only states, and nobody can connect.

        Raises:
            HostUnable: there can be no such server.
        """

    async def free_nbd_server(self) -> None:
        """The script is about to start or stop an NBD server itself: stop that of `nbd_address` if nobody uses it."""

    def nbd_server_is(self, address: Mapping[str, Any] | None) -> None:
        """The script has started an NBD server at that address, or (None) has stopped the one there was."""

    async def file_offset(self, node: str, offset: int) -> int | None:
        """Where in the node's ``file`` child the byte at a guest offset lies; None when it is not allocated there."""


def run_now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine of the simulator to its end without an event loop.

    Nothing on the simulator's path ever suspends. One that does is a mistake of ours.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise AssertionError("a simulated session suspended")
