"""qemu-io's reads, writes, discards and flushes. The monitor sees nothing of what they print.

Source: QEMU qemu-io-cmds.c.
"""

from __future__ import annotations

from txsh.backends.sim.drain import drain_all
from txsh.backends.sim.hmp.words import (
    Misused,
    read_options,
    read_pattern,
    read_range,
    read_size,
    refuse_absent,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from txsh.backends.sim.block_backend import BlockBackend
    from txsh.backends.sim.loop import Coroutine
    from txsh.backends.sim.node import Node

DEFAULT_PATTERN = 0xCD


def read(backend: BlockBackend, words: list[str]) -> None:
    """Read, and compare with a pattern."""
    profile = backend.world.profile
    options, rest = read_options(profile, words, "bCl:pP:qrs:v")
    offset, length = read_range(profile, rest, several=False)
    pattern = read_pattern(options)
    start = read_size(profile, options["s"]) if "s" in options else 0
    checked = read_size(profile, options["l"]) if "l" in options else length - start
    if pattern is None and ("s" in options or "l" in options):
        raise Misused
    if checked < 0 or start + checked > length:
        raise Misused
    refuse_absent("read", options, "b")
    backend.wait(_start_read(backend, offset, length))


def readv(backend: BlockBackend, words: list[str]) -> None:
    """Read into several buffers."""
    options, rest = read_options(backend.world.profile, words, "CP:qrv")
    read_pattern(options)
    backend.wait(_start_read(backend, *read_range(backend.world.profile, rest, several=True)))


def aio_read(backend: BlockBackend, words: list[str]) -> None:
    """Begin to read."""
    options, rest = read_options(backend.world.profile, words, "CiP:qrv")
    read_pattern(options)
    if "i" not in options:
        _start_read(backend, *read_range(backend.world.profile, rest, several=True))


def write(backend: BlockBackend, words: list[str]) -> None:
    """Write one repeated byte, or zeroes."""
    options, rest = read_options(backend.world.profile, words, "bcCfnpP:qrs:uz")
    pattern = read_pattern(options)
    is_zero = "z" in options
    if (
        (is_zero and ("b" in options or "r" in options))
        or ("f" in options and ("b" in options or "c" in options))
        or (not is_zero and ("n" in options or "u" in options))
        or sum(letter in options for letter in "zPs") > 1
    ):
        raise Misused
    offset, length = read_range(backend.world.profile, rest, several=False)
    refuse_absent("write", options, "bcns")
    backend.wait(_start_write(backend, offset, length, pattern, options))


def writev(backend: BlockBackend, words: list[str]) -> None:
    """Write from several buffers."""
    options, rest = read_options(backend.world.profile, words, "CfqP:r")
    pattern = read_pattern(options)
    offset, length = read_range(backend.world.profile, rest, several=True)
    backend.wait(_start_write(backend, offset, length, pattern, options))


def aio_write(backend: BlockBackend, words: list[str]) -> None:
    """Begin to write."""
    options, rest = read_options(backend.world.profile, words, "CfiP:qruz")
    pattern = read_pattern(options)
    if "i" in options:
        return
    is_zero = "z" in options
    if (is_zero and ("P" in options or "r" in options)) or ("u" in options and not is_zero):
        raise Misused
    offset, length = read_range(backend.world.profile, rest, several=not is_zero)
    _start_write(backend, offset, length, pattern, options)


def discard(backend: BlockBackend, words: list[str]) -> None:
    """Discard."""
    _, rest = read_options(backend.world.profile, words, "Cq")
    offset, length = read_range(backend.world.profile, rest, several=False)
    backend.wait(backend.start(offset, length, lambda node: node.discard(offset, offset + length)))


def flush(backend: BlockBackend, words: list[str]) -> None:
    """Flush."""
    del words
    backend.wait(backend.start(0, 0, lambda node: node.flush()))


def aio_flush(backend: BlockBackend, words: list[str]) -> None:
    """Wait for all requests of everybody."""
    del words
    drain_all(backend.world)


def _start_read(backend: BlockBackend, offset: int, length: int) -> Coroutine:
    return backend.start(offset, length, lambda node: node.read(offset, offset + length))


def _start_write(
    backend: BlockBackend, offset: int, length: int, pattern: int | None, options: dict[str, str]
) -> Coroutine:
    is_zero, unmap, forced = "z" in options, "u" in options, "f" in options
    value = None if is_zero else DEFAULT_PATTERN if pattern is None else pattern

    def request(node: Node) -> Generator[None, None, int]:
        error: int = yield from node.write([(offset, offset + length, value)], zero=is_zero, unmap=unmap)
        if forced and not error and (is_zero or not _forces(node)):
            # The node flushes before its own write counts as done. Source: QEMU block/io.c, bdrv_driver_pwritev.
            node.write_generation -= 1
            error = yield from node.flush()
            node.write_generation += 1
        return error

    return backend.start(offset, length, request)


def _forces(node: Node) -> bool:
    """Whether a node can write past all caches by itself; else it is flushed after the write."""
    if node.driver.is_filter or node.driver.name == "raw":
        return _forces(node.file)
    if node.driver.name == "file":
        return node.world.profile.file_forces_writes
    return node.driver.name in ("null-co", "null-aio")
