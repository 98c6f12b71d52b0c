"""What a QMP command does to names: jobs that it starts, nodes that it makes or takes away, the job that it is about.

Reads what a script says as raw QMP, which may be wrong in every way: what is not understood is left out, never raised.

Source: qapi/block-core.json, qapi/job.json and qapi/transaction.json of QEMU 7.2, 10.0 and 11.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NamedTuple
else:
    from txsh.named import NamedTuple

_JOBS = {
    "blockdev-backup": ("backup", "device", "target"),
    "drive-backup": ("backup", "device", ""),
    "blockdev-mirror": ("mirror", "device", "target"),
    "drive-mirror": ("mirror", "device", ""),
    "block-commit": ("commit", "device", ""),
    "block-stream": ("stream", "device", ""),
    "blockdev-create": ("create", "", ""),
    "x-blockdev-amend": ("amend", "node-name", ""),
    "snapshot-save": ("snapshot-save", "", ""),
    "snapshot-load": ("snapshot-load", "", ""),
    "snapshot-delete": ("snapshot-delete", "", ""),
}
"""The commands and actions that start a job: its type, and the members that name its node and its target."""

_NAMING = ("filter-node-name", "snapshot-node-name")
"""The members that give a name to a node that the command makes by the way."""

_MANUAL = {
    "job-cancel": ("cancel", "id"),
    "job-pause": ("pause", "id"),
    "job-resume": ("resume", "id"),
    "job-finalize": ("finalize", "id"),
    "job-dismiss": ("dismiss", "id"),
    "job-complete": ("complete", "id"),
    "block-job-cancel": ("cancel", "device"),
    "block-job-pause": ("pause", "device"),
    "block-job-resume": ("resume", "device"),
    "block-job-finalize": ("finalize", "id"),
    "block-job-dismiss": ("dismiss", "id"),
    "block-job-complete": ("complete", "device"),
    "block-job-set-speed": ("speed", "device"),
}
"""The commands about one job: what txsh calls them, and the member that names the job."""


class StartedJob(NamedTuple):
    """A job that a command starts.

    Args:
        position: of the transaction's action; 0 for a command.
        is_named: the command gives that id; else it is what it calls the node, where QEMU takes the name of its device.
        type: QMP's word for it.
        node, target: the nodes it reads and writes by name; None where it has none.
        finalizes: it goes from pending to its end without anybody's doing.
        ends: it comes to an end by itself at all, or becomes ready for that.
    """

    position: int
    id: str
    is_named: bool
    type: str
    node: str | None
    target: str | None
    finalizes: bool
    ends: bool


def actions_of(command: str, arguments: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The actions of a ``transaction``, or the command itself as the only one."""
    if command != "transaction":
        return [(command, arguments)]
    actions = arguments.get("actions")
    listed = actions if isinstance(actions, Sequence) and not isinstance(actions, str) else ()
    return [(_text(action, "type") or "", _object(action, "data")) for action in listed]


def started_jobs(command: str, arguments: Mapping[str, Any]) -> list[StartedJob]:
    """The jobs that a command starts if it succeeds, in the order of its actions."""
    found = []
    for position, (kind, data) in enumerate(actions_of(command, arguments)):
        if kind not in _JOBS:
            continue
        job_type, node_member, target_member = _JOBS[kind]
        node = _text(data, node_member)
        given = _text(data, "job-id")
        name = given or node
        if name is not None:
            finalizes = data.get("auto-finalize") is not False
            ends = job_type != "backup" or data.get("sync") != "none"
            found.append(
                StartedJob(
                    position, name, given is not None, job_type, node, _text(data, target_member), finalizes, ends
                )
            )
    return found


def made_nodes(command: str, arguments: Mapping[str, Any]) -> list[str]:
    """The names of the nodes that a command makes if it succeeds."""
    found: list[str] = []
    for kind, data in actions_of(command, arguments):
        if kind == "blockdev-add":
            found += _node_names(data)
        found += [name for name in (_text(data, member) for member in _NAMING) if name is not None]
    return found


def removed_node(command: str, arguments: Mapping[str, Any]) -> str | None:
    """The node that a command takes away if it succeeds."""
    return _text(arguments, "node-name") if command == "blockdev-del" else None


def job_of(command: str, arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a command does to one job, in txsh's word for it (``cancel``), and the job's id; None for others."""
    if command not in _MANUAL:
        return None
    verb, member = _MANUAL[command]
    name = _text(arguments, member)
    return None if name is None else (verb, name)


def _node_names(options: Any) -> Iterator[str]:
    """The names that the options of a node give to it and to those inside it."""
    if isinstance(options, Mapping):
        name = _text(options, "node-name")
        if name is not None:
            yield name
        for value in options.values():
            yield from _node_names(value)
    elif isinstance(options, Sequence) and not isinstance(options, str):
        for value in options:
            yield from _node_names(value)


def _text(data: Any, member: str) -> str | None:
    value = data.get(member) if isinstance(data, Mapping) else None
    return value if isinstance(value, str) else None


def _object(data: Any, member: str) -> Mapping[str, Any]:
    value = data.get(member) if isinstance(data, Mapping) else None
    return value if isinstance(value, Mapping) else {}
