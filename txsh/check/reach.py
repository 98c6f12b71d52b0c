"""What of a raw command reaches beyond the run's own folder: files by path, the network, programs, other monitors.

A script is somebody else's program, and raw QMP could do anything that the user may do. So what is let through is
listed, and not what is kept out: commands about blocks and jobs, and names of files without a path, which lie in the
private folder that QEMU works in. Knows no schema.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_FAMILIES = (
    "block-",
    "block_",
    "blockdev-",
    "job-",
    "query-",
    "x-block-",
    "x-blockdev-",
    "x-debug-",
    "x-query-",
    "drive-",
    "nbd-server-",
    "snapshot-",
    "qom-list",
)
_COMMANDS = frozenset(
    {
        "change-backing-file",
        "cont",
        "object-add",
        "object-del",
        "qmp_capabilities",
        "qom-get",
        "quit",
        "stop",
        "system_powerdown",
        "system_reset",
        "transaction",
        "human-monitor-command",
    }
)
_OBJECTS = ("iothread", "throttle-group")
_MONITOR = frozenset({"help", "info", "qemu-io"})
"""Commands of the human monitor that look, or do I/O on a node."""

_DRIVERS = frozenset(
    {
        "blkdebug",
        "blklogwrites",
        "blkreplay",
        "blkverify",
        "bochs",
        "cloop",
        "compress",
        "copy-before-write",
        "copy-on-read",
        "dmg",
        "file",
        "luks",
        "null-aio",
        "null-co",
        "parallels",
        "preallocate",
        "qcow",
        "qcow2",
        "qed",
        "quorum",
        "raw",
        "replication",
        "snapshot-access",
        "throttle",
        "vdi",
        "vhdx",
        "vmdk",
        "vpc",
    }
)
_FILES = frozenset({"backing-file", "base", "config", "device", "filename", "snapshot-file", "target", "top"})
"""Members in which a text may be a file's name, so that a protocol could stand before it."""

_SOCKETS = frozenset({"unix"})
_EXPORTS = ("nbd",)


def reaching(command: str, arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a command would reach: the path of that argument, "" of the command, and what is wrong with it; or None."""
    if command not in _COMMANDS and not command.startswith(_FAMILIES):
        return "", f"'{command}' is no command of the block layer"
    if command == "human-monitor-command":
        line = arguments.get("command-line")
        if not isinstance(line, str) or (line.split() or [""])[0] not in _MONITOR or "/" in line:
            return (
                "command-line",
                "only 'qemu-io' without files, 'info' and 'help' are let through to the human monitor",
            )
        return None
    if command == "object-add" and arguments.get("qom-type") not in _OBJECTS:
        return "qom-type", f"of objects only {' and '.join(_OBJECTS)} are let through"
    if command == "block-export-add" and arguments.get("type") not in _EXPORTS:
        return "type", "of exports only nbd ones are let through"
    return next(filter(None, (_reach(path, name, text) for path, name, text in _texts(arguments, "", ""))), None)


def _reach(path: str, name: str, text: str) -> tuple[str, str] | None:
    if name == "driver" and text not in _DRIVERS:
        return path, f"the driver '{text}' may reach beyond the run's own folder"
    if name == "type" and path.endswith("addr.type") and text not in _SOCKETS:
        return path, "a server may listen on a Unix socket only"
    if "/" in text:
        return path, f"'{text}' is a path"
    if name in _FILES and ":" in text:
        return path, f"'{text}' begins with a protocol"
    return None


def _texts(value: Any, path: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Every text with its path and the name of its member."""
    if isinstance(value, str):
        yield path, name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, f"{path}.{key}" if path else key, key)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, f"{path}[{index}]", name)
