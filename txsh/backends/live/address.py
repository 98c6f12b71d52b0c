"""Where a QMP server is: reading ``PATH`` or ``HOST:PORT``, and connecting, with a name for everything that goes wrong.

Knows no QMP. QEMU's monitor serves one client at a time: the kernel takes a second connection, and nothing comes on it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat

from txsh.backends.base import HostUnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from txsh.named import NamedTuple

_PORT_MAX = 65535
_SOCKET_PATH_BYTES_MAX = 107
"""What fits into a Unix socket's address. Source: unix(7)."""


class Address(NamedTuple):
    """Where a QMP server is.

    Args:
        path: of a Unix socket, or "".
        host: a name or number, without brackets; "" for a Unix socket.
        port: of TCP.
    """

    path: str
    host: str = ""
    port: int = 0

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine as far as its name tells."""
        return bool(self.path) or self.host in ("localhost", "::1") or self.host.startswith("127.")

    def __str__(self) -> str:
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_address(text: str) -> Address | None:
    """Understand ``PATH``, ``HOST:PORT`` or ``[ADDRESS]:PORT``; None when it is none of them.

    What has a slash in it is a path, and so is what does not end in a port.
    """
    host, colon, port = text.rpartition(":")
    if "/" in text or not colon or not port.isascii() or not port.isdecimal():
        return Address(text) if text else None
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    return Address("", host, int(port)) if host and 0 < int(port) <= _PORT_MAX else None


async def connect(address: Address, time_limit_seconds: float) -> socket.socket:
    """Connect to a server.

    Raises:
        HostUnable: nobody is there, or we may not; its name says which.
    """
    try:
        if address.path:
            return _connect_unix(address.path)
        async with asyncio.timeout(time_limit_seconds):
            return await _connect_tcp(address)
    except TimeoutError as error:
        raise HostUnable(
            "no-answer",
            f"{address} does not answer: no connection within {time_limit_seconds:g} s",
            "is the host up, and does a firewall let the port through?",
        ) from error
    except OSError as error:
        raise _unreachable(address, error) from error


def occupied(address: Address) -> HostUnable:
    """What it means that a server takes the connection and says nothing."""
    second = f"unix:{address.path}2" if address.path else f"tcp:{address.host}:{address.port + 1}"
    return HostUnable(
        "occupied-monitor",
        f"{address} takes the connection and does not greet: another client has it, or it is no QMP monitor",
        f"a monitor serves one client at a time: end that one, or give QEMU a second: -qmp {second},server=on,wait=off",
    )


def _connect_unix(path: str) -> socket.socket:
    if len(os.fsencode(path)) > _SOCKET_PATH_BYTES_MAX:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A Unix socket connects at once or not at all.
        found.setblocking(False)
        found.connect(path)
    except BaseException:
        found.close()
        raise
    return found


async def _connect_tcp(address: Address) -> socket.socket:
    """Connect to the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    for family, kind, protocol, _, place in await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        found = socket.socket(family, kind, protocol)
        try:
            found.setblocking(False)
            await loop.sock_connect(found, place)
        except OSError as error:
            found.close()
            failure = error
        except BaseException:
            found.close()
            raise
        else:
            return found
    assert failure is not None
    raise failure


def _unreachable(address: Address, error: OSError) -> HostUnable:
    if isinstance(error, BlockingIOError):
        # The queue of those who wait is full.
        return occupied(address)
    if isinstance(error, socket.gaierror):
        return HostUnable("unknown-host", f"no host is called '{address.host}': {error.strerror}")
    match error.errno:
        case errno.ENOENT:
            advice = "QEMU makes one with -qmp unix:PATH,server=on,wait=off"
            return HostUnable("no-socket", f"there is no socket {address}", advice)
        case errno.EACCES | errno.EPERM:
            advice = "run txsh as the user that QEMU runs as"
            return HostUnable("no-access", f"this user may not connect to {address}: {error.strerror}", advice)
        case errno.ECONNREFUSED if address.path and not _is_socket(address.path):
            return HostUnable("not-a-socket", f"{address} is no socket", "QEMU's -qmp names it")
        case errno.ECONNREFUSED:
            advice = "the QEMU that made it is gone, or does not serve QMP there"
            return HostUnable("connection-refused", f"nobody listens at {address}", advice)
        case errno.EPROTOTYPE:
            return HostUnable("not-a-socket", f"{address} is a socket of another kind", "QEMU's -qmp names it")
    return HostUnable("no-connection", f"cannot connect to {address}: {error.strerror}")


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116  # one call on a string
    except OSError:
        return True
