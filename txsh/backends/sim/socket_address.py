"""Addresses that something listens on: whether QEMU could bind them, as far as a simulated machine can tell.

Source: QEMU util/qemu-sockets.c.
"""

from __future__ import annotations

from txsh.backends.base import CommandFailed, NotSimulated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from txsh.backends.sim.disk import Disk

UNIX_PATH_BYTES_MAX = 107
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")


def check(disk: Disk, address: Mapping[str, Any]) -> None:
    """Refuse an address that cannot be bound. An absolute path is believed to lie in a folder that is there.

    Raises:
        CommandFailed: its folder is not there, or it is too long.
        NotSimulated: a kind of address without a model.
    """
    kind: str = address["type"]
    data: Mapping[str, Any] = address.get("data", {})
    if kind == "unix":
        _check_unix(disk, data)
    elif kind != "inet" or data.keys() > {"host", "port"} or data["host"] not in LOCAL_HOSTS:
        raise NotSimulated(f"socket address of type {kind}")
    elif not data["port"].isdecimal():
        raise NotSimulated(f"port {data['port']} of a socket address")


def _check_unix(disk: Disk, data: Mapping[str, Any]) -> None:
    path: str = data["path"]
    for option in data:
        if option != "path":
            raise NotSimulated(f"option '{option}' of a socket address")
    if not path:
        raise NotSimulated("a socket address without a path")
    if len(path.encode()) > UNIX_PATH_BYTES_MAX:
        raise CommandFailed("GenericError", f"UNIX socket path '{path}' is too long")
    if path in disk.files:
        raise NotSimulated("a socket in place of an image")
    if not path.startswith("/") and not disk.has_folder_of(path):
        raise CommandFailed("GenericError", f"Failed to bind socket to {path}: No such file or directory")
