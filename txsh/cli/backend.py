"""What ``-b`` names: which backend, and how to open it."""

from __future__ import annotations

from txsh.cli.arguments import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from txsh.backends.live.address import Address
    from txsh.backends.live.attach import AttachedBackend
    from txsh.backends.live.launch import LaunchedBackend
    from txsh.backends.sim.backend import SimBackend
    from txsh.cli.arguments import Arguments
else:
    from txsh.named import NamedTuple

PROGRAMS = {"qemu": "qemu-system", "qsd": "qsd"}
"""Backends that launch a QEMU, and what they launch."""

_ATTACH = "qmp:"


class Launch(NamedTuple):
    """How a QEMU is launched.

    Args:
        path: the binary, or the folder of a build; None: the PATH has it.
        wrapper: the words of the command that it runs under.
        at_terminal: whether that command has our terminal.
        keep: leave the folder behind.
    """

    path: str | None = None
    wrapper: tuple[str, ...] = ()
    at_terminal: bool = False
    keep: bool = False


class BackendName(NamedTuple):
    """A backend as the user named it.

    Args:
        program: ``qemu-system`` or ``qsd`` for one that is launched, else None.
        version: of the simulator; None: the newest built.
        address: of one that is attached to, else None.
        launch: see `Launch`.
        as_is: it gets what it has a defect for, too.
    """

    program: str | None
    version: tuple[int, int] | None = None
    address: Address | None = None
    launch: Launch = Launch()
    as_is: bool = False


def read_backend(word: str | None) -> BackendName:
    """Understand the value of ``-b``.

    Raises:
        UsageError: there is no such backend.
    """
    if word is None or word == "sim":
        return BackendName(None)
    if word in PROGRAMS:
        return BackendName(PROGRAMS[word])
    kind, colon, version = word.partition(":")
    if kind == "sim" and colon:
        return BackendName(None, read_profile(version))
    if word.startswith(_ATTACH):
        return BackendName(None, address=_address(word.removeprefix(_ATTACH)))
    raise UsageError(f"no backend is called '{word}'", f"there are: {', '.join(_names())}")


def backend_of(arguments: Arguments) -> BackendName:
    """The backend of a command line, with the options that belong to it.

    Raises:
        UsageError: there is no such backend, or it has no such option.
    """
    name = read_backend(arguments.backend)._replace(as_is=arguments.as_is)
    if arguments.qemu is None and arguments.wrapper is None and not arguments.keep:
        return name
    if name.program is None:
        option = "--qemu" if arguments.qemu is not None else "--wrapper" if arguments.wrapper is not None else "--keep"
        raise UsageError(f"{option} is about a QEMU that is launched for the run", "add -b qemu or -b qsd")
    wrapper = _words(arguments.wrapper)
    return name._replace(launch=Launch(arguments.qemu, wrapper, _has_terminal(arguments, wrapper), arguments.keep))


def open_simulator(name: BackendName) -> SimBackend:
    """A fresh simulated QEMU."""
    from txsh.backends.sim.backend import SimBackend

    return SimBackend() if name.version is None else SimBackend(name.version)


async def open_launched(name: BackendName) -> LaunchedBackend:
    """A fresh QEMU process.

    Raises:
        HostUnable: there is no such program.
        BackendLost: it did not start.
    """
    from txsh.backends.live.connection import TIME_LIMIT_SECONDS
    from txsh.backends.live.launch import WRAPPED_TIME_LIMIT_SECONDS, launch

    assert name.program is not None
    how = name.launch
    return await launch(
        name.program,
        path=how.path,
        wrapper=how.wrapper,
        at_terminal=how.at_terminal,
        keep=how.keep,
        time_limit_seconds=WRAPPED_TIME_LIMIT_SECONDS if how.wrapper else TIME_LIMIT_SECONDS,
    )


async def open_attached(name: BackendName) -> AttachedBackend:
    """A running QEMU.

    Raises:
        HostUnable: it cannot be attached to.
        BackendLost: it went away at once.
    """
    from txsh.backends.live.attach import attach

    assert name.address is not None
    return await attach(name.address, f"{_ATTACH}{name.address}")


def _address(text: str) -> Address:
    from txsh.backends.live.address import read_address

    address = read_address(text)
    if address is None:
        raise UsageError(
            f"'{text}' is no address of a QMP server", "use -b qmp:PATH, -b qmp:HOST:PORT or -b qmp:[ADDRESS]:PORT"
        )
    return address


def _words(command: str | None) -> tuple[str, ...]:
    """The words of a command, as a shell would split it."""
    if command is None:
        return ()
    import shlex

    try:
        words = tuple(shlex.split(command))
    except ValueError as failure:
        raise UsageError(f"--wrapper cannot be split into words: {failure}", "quote it as in a shell") from None
    if not words:
        raise UsageError("--wrapper is empty", "for example: --wrapper 'gdb --args'")
    return words


def _has_terminal(arguments: Arguments, wrapper: tuple[str, ...]) -> bool:
    """Whether a wrapper can talk with its user: a terminal from which no script is read."""
    import sys

    return bool(wrapper) and sys.stdin.isatty() and sys.stderr.isatty() and "-" not in arguments.operands


def read_profile(version: str) -> tuple[int, int]:
    """The version of a profile of the simulator.

    Raises:
        UsageError: there is none.
    """
    from txsh.backends.sim.profile import PROFILES

    for profile in PROFILES:
        if version == _dotted(profile):
            return profile
    built = ", ".join(map(_dotted, sorted(PROFILES)))
    raise UsageError(f"the simulator has no profile of QEMU '{version}'", f"built: {built}")


def _names() -> list[str]:
    from txsh.backends.sim.profile import PROFILES

    return ["sim", *(f"sim:{_dotted(profile)}" for profile in sorted(PROFILES)), *PROGRAMS, "qmp:PATH", "qmp:HOST:PORT"]


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
