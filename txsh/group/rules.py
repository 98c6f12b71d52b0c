"""Who keeps a transaction with cancel=jobs or cancel=all together, and which ones nobody can.

Three ways lead to the promise:

- *plain*: no action starts a job. QEMU's own transaction is atomic already, whatever the completion mode.
- *qemu*: every action is a backup, none keeps its bitmap in mode always, none is of sync none. QEMU's ``grouped`` does
  it alone: one message, nothing to recover. A failed group loses a bitmap of mode always, so that one is not enough.
- *txsh*: everything else, by shadows, a vote and one commit (`txsh.group.prepare`).
"""

from __future__ import annotations

from txsh.actions.registry import by_qmp
from txsh.group.wire import ADD, NAME_BYTES_MAX, hides, own_name, owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NamedTuple

    from txsh.actions.step import BoundAction
    from txsh.group.wire import QmpAction
    from txsh.model.state import NodeInfo
else:
    from txsh.named import NamedTuple

PLAIN = "plain"
BY_QEMU = "qemu"
BY_TXSH = "txsh"
_LONGEST_ID = "0" * 8


class Objection(NamedTuple):
    """Why a list cannot be a group that txsh runs, whatever the state of QEMU.

    Args:
        name: of the diagnostic, kebab-case.
        message: what is wrong.
        advice: what to do.
        action: place of the action in the list.
        member: the QMP member that is wrong about it, or None.
    """

    name: str
    message: str
    advice: str
    action: int
    member: str | None = None


def shadow_of(kind: str) -> str | None:
    """What an action does to the shadow of a bitmap (`Action.shadow`); None for one that groups know nothing of."""
    action = by_qmp(kind)
    return None if action is None else action.shadow


def decide(actions: Sequence[BoundAction], cancel: str) -> str:
    """Who runs it: ``plain``, ``qemu`` or ``txsh``, the same for both cancel modes.

    Args:
        cancel: ``jobs`` or ``all``.
    """
    assert cancel in ("jobs", "all")
    backups = [bound.arguments for bound in actions if bound.action.shadow == "backs-up"]
    if not backups:
        return PLAIN
    suffices = all(data.get("bitmap-mode") != "always" and data["sync"] != "none" for data in backups)
    return BY_QEMU if suffices and len(backups) == len(actions) else BY_TXSH


def refused_for_good(actions: Sequence[QmpAction], nodes: Mapping[str, NodeInfo]) -> Objection | None:
    """Why txsh cannot run this list as a group; None when it can.

    What QEMU itself would refuse is not judged here (`txsh.group.precheck`, which is to be asked first: a refusal in
    QEMU's words says more).
    """
    for index, (kind, data) in enumerate(actions):
        shadow = shadow_of(kind)
        if shadow is None:
            return Objection(
                "not-in-group",
                f"'{kind}' cannot be part of a group: txsh cannot put it off until the jobs have succeeded",
                "give it a transaction of its own, or use 'cancel=none'",
                index,
            )
        objection = _of_backup(data, index) if shadow == "backs-up" else None
        objection = objection or _of_names(kind, data, index) or _of_nodes(data, nodes, index)
        if objection is not None:
            return objection
    return None


def second_commit(actions: Sequence[QmpAction]) -> Objection | None:
    """Why a group that QEMU keeps together would not end by itself; None when it does.

    QEMU finalizes a group only once each of its jobs is let go on by hand that asks for it, so the promise of
    `cancel=`, that the group decides, would be the user's to keep.
    """
    found = (_of_end(data, index) for index, (_, data) in enumerate(actions))
    return next((objection for objection in found if objection is not None), None)


def _of_backup(data: Mapping[str, Any], index: int) -> Objection | None:
    if data["sync"] == "none":
        return Objection(
            "never-votes",
            "a backup with sync=none never ends by itself, so a group with it is never decided",
            "start it outside the group",
            index,
            "sync",
        )
    objection = _of_end(data, index)
    if objection is not None:
        return objection
    job = data.get("job-id", data["device"])
    if len(own_name(_LONGEST_ID, f"J:{job}").encode()) > NAME_BYTES_MAX:
        return Objection(
            "job-id-too-long",
            f"the job id is {len(job.encode())} bytes long; the bitmap that a group names after it may have "
            f"{NAME_BYTES_MAX} bytes with its prefix",
            f"use at most {NAME_BYTES_MAX - len(own_name(_LONGEST_ID, 'J:'))} bytes",
            index,
            "job-id",
        )
    return None


def _of_end(data: Mapping[str, Any], index: int) -> Objection | None:
    if data.get("auto-finalize", True):
        return None
    return Objection(
        "second-commit",
        "'auto-finalize=false' inside a group would be a second commit: the group itself decides when its jobs end",
        "leave it out",
        index,
        "auto-finalize",
    )


def _of_names(kind: str, data: Mapping[str, Any], index: int) -> Objection | None:
    if kind == ADD and hides(data["name"]):
        return Objection(
            "reserved-name",
            f"'{data['name']}' is a name that txsh gives to bitmaps of its own",
            "choose another name",
            index,
            "name",
        )
    return None


def _of_nodes(data: Mapping[str, Any], nodes: Mapping[str, NodeInfo], index: int) -> Objection | None:
    for name in nodes_of(data):
        node = nodes.get(name)
        found = next((owner(bitmap.name) for bitmap in node.bitmaps if owner(bitmap.name)), None) if node else None
        if found is not None:
            return Objection(
                "group-in-the-way",
                # Its number is no part of the message: a script that expects this refusal cannot know it.
                f"'{name}' belongs to another group that is not done",
                f"wait for it; when nobody runs {found} any more, recover it",
                index,
            )
    return None


def nodes_of(data: Mapping[str, Any]) -> list[str]:
    """The nodes whose bitmaps an action is about, as it names them: those of bitmaps and the source of a backup."""
    found = [data[member] for member in ("node", "device") if member in data]
    found += [source["node"] for source in data.get("bitmaps", ()) if not isinstance(source, str)]
    return list(dict.fromkeys(found))
