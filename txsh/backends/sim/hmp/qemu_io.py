"""qemu-io as a command of the human monitor: guest I/O on a drive or a node.

Everything that it prints goes to the output of the QEMU process; the monitor sees only what QEMU reports as an error.
So a failed request and a wrong pattern are silent. Source: QEMU qemu-io-cmds.c.
"""

from __future__ import annotations

from txsh.backends.base import BackendLost, NotSimulated
from txsh.backends.sim.hmp import image, transfer
from txsh.backends.sim.hmp.words import Misused, read_size
from txsh.backends.sim.node import RESIZE, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from txsh.backends.sim.block_backend import BlockBackend
    from txsh.backends.sim.driver.blkdebug import BlkdebugDriver

    Run = Callable[[BlockBackend, list[str]], str | None]

ANY_NUMBER = -1


def execute(backend: BlockBackend, text: str) -> str:
    """Do what a line of qemu-io says, and return what it prints to the monitor.

    Raises:
        CommandFailed: what the monitor sees of an error.
        NotSimulated: a command or an option without a model.
        BackendLost: it ends the process, or waits for ever.
    """
    words = [word for word in text.split(" ") if word]
    if not words or words[0] not in COMMANDS:
        return ""
    run, least, most, permissions = COMMANDS[words[0]]
    count = len(words) - 1
    if count < least or (most != ANY_NUMBER and count > most):
        return ""
    backend.need(permissions)
    try:
        return run(backend, words[1:]) or ""
    except Misused:
        return ""


def _print(backend: BlockBackend, words: list[str]) -> None:
    """Print something, which the monitor does not see."""
    del backend, words


def _absent(command: str) -> Run:
    def run(backend: BlockBackend, words: list[str]) -> None:
        del backend, words
        raise NotSimulated(f"qemu-io {command}")

    return run


def _sleep(backend: BlockBackend, words: list[str]) -> None:
    """Let time pass, and everything with it."""
    loop = backend.world.loop
    if not words[0].isascii() or not words[0].isdecimal():
        raise Misused
    end_us = loop.now_us + int(words[0]) * 1000
    loop.call_at(end_us, lambda: None)
    loop.wait_while(lambda: loop.now_us < end_us)


def _abort(backend: BlockBackend, words: list[str]) -> None:
    del backend, words
    raise BackendLost("QEMU was killed by SIGABRT: qemu-io abort")


def _debug_driver(backend: BlockBackend) -> BlkdebugDriver | None:
    """The next blkdebug at or below the node. Source: QEMU block.c, bdrv_find_debug_node."""
    from txsh.backends.sim.driver.blkdebug import BlkdebugDriver  # noqa: PLC0415  # only breakpoints need it

    node = None if backend.root is None else backend.root.node
    while node is not None:
        if isinstance(node.driver, BlkdebugDriver):
            return node.driver
        node = node.children[0].node if node.children else None
    return None


def _break(backend: BlockBackend, words: list[str]) -> None:
    driver = _debug_driver(backend)
    if driver is not None:
        driver.add_breakpoint(words[0], words[1])


def _remove_break(backend: BlockBackend, words: list[str]) -> None:
    driver = _debug_driver(backend)
    if driver is not None:
        driver.remove_breakpoints(words[0])


def _resume(backend: BlockBackend, words: list[str]) -> None:
    driver = _debug_driver(backend)
    if driver is not None:
        driver.resume(words[0])


def _wait_break(backend: BlockBackend, words: list[str]) -> None:
    driver = _debug_driver(backend)
    backend.world.loop.wait_while(lambda: driver is None or not driver.is_suspended(words[0]))


def _alloc(backend: BlockBackend, words: list[str]) -> None:
    """Check the words; what it finds it prints."""
    for word in words:
        read_size(backend.world.profile, word)


COMMANDS: dict[str, tuple[Run, int, int, int]] = {
    "read": (transfer.read, 2, ANY_NUMBER, 0),
    "r": (transfer.read, 2, ANY_NUMBER, 0),
    "readv": (transfer.readv, 2, ANY_NUMBER, 0),
    "aio_read": (transfer.aio_read, 2, ANY_NUMBER, 0),
    "write": (transfer.write, 2, ANY_NUMBER, WRITE),
    "w": (transfer.write, 2, ANY_NUMBER, WRITE),
    "writev": (transfer.writev, 2, ANY_NUMBER, WRITE),
    "aio_write": (transfer.aio_write, 2, ANY_NUMBER, WRITE),
    "aio_flush": (transfer.aio_flush, 0, 0, 0),
    "flush": (transfer.flush, 0, 0, 0),
    "f": (transfer.flush, 0, 0, 0),
    "discard": (transfer.discard, 2, ANY_NUMBER, WRITE),
    "d": (transfer.discard, 2, ANY_NUMBER, WRITE),
    "truncate": (image.truncate, 1, 3, WRITE | RESIZE),
    "t": (image.truncate, 1, 3, WRITE | RESIZE),
    "length": (_print, 0, 0, 0),
    "l": (_print, 0, 0, 0),
    "info": (image.info, 0, 0, 0),
    "i": (image.info, 0, 0, 0),
    "alloc": (_alloc, 1, 2, 0),
    "a": (_alloc, 1, 2, 0),
    "map": (_print, 0, 0, 0),
    "reopen": (_absent("reopen"), 0, ANY_NUMBER, 0),
    "break": (_break, 2, 2, 0),
    "remove_break": (_remove_break, 1, 1, 0),
    "resume": (_resume, 1, 1, 0),
    "wait_break": (_wait_break, 1, 1, 0),
    "abort": (_abort, 0, 0, 0),
    "sleep": (_sleep, 1, 1, 0),
    "sigraise": (_absent("sigraise"), 1, 1, 0),
    "help": (_print, 0, 1, 0),
    "?": (_print, 0, 1, 0),
}
"""Name or short name -> what it does, how many words it takes at least and at most, what it must be allowed to do."""
