"""Shapes that the rules share: an action as it stands in a transaction, and the names of the bitmaps that txsh makes.

A bitmap of txsh's own is called ``txsh:TX:KIND``, TX being the eight hexadecimal digits of its group.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    QmpAction = tuple[str, Mapping[str, Any]]
    """A transaction action: ``type`` and ``data``."""
    BitmapKey = tuple[str, str]
    """Node and bitmap."""

ADD = "block-dirty-bitmap-add"
REMOVE = "block-dirty-bitmap-remove"
CLEAR = "block-dirty-bitmap-clear"
ENABLE = "block-dirty-bitmap-enable"
DISABLE = "block-dirty-bitmap-disable"
MERGE = "block-dirty-bitmap-merge"
BACKUP = "blockdev-backup"
DRIVE_BACKUP = "drive-backup"
ABORT = "abort"

NAME_BYTES_MAX = 255
"""Longer bitmap names break a migration with dirty bitmaps. Source: migration/block-dirty-bitmap.c."""
COARSEST_BYTES = 1 << 31
"""The granularity of a bitmap whose content says nothing. Source: qapi, uint32, a power of two."""
_PREFIX = "txsh:"
_TRANSACTION_LENGTH = 8
_HEXADECIMAL = frozenset("0123456789abcdef")


def own_name(transaction_id: str, kind: str) -> str:
    """The name of a bitmap of txsh's own.

    Args:
        kind: ``W`` (recorder), ``S:NUMBER`` (shadow), ``J:JOB`` (what a job holds), ``C`` (commit record).
    """
    return f"{_PREFIX}{transaction_id}:{kind}"


def owner(name: str) -> str | None:
    """The transaction id in the name of a bitmap of txsh's own; None for every other name."""
    if not hides(name):
        return None
    return name[len(_PREFIX) :].partition(":")[0]


def hides(name: str) -> bool:
    """Whether a bitmap of this name is txsh's own, and so nothing that a user should see."""
    if not name.startswith(_PREFIX):
        return False
    transaction_id, colon, kind = name[len(_PREFIX) :].partition(":")
    return (
        colon == ":"
        and len(transaction_id) == _TRANSACTION_LENGTH
        and _HEXADECIMAL.issuperset(transaction_id)
        and (kind in ("W", "C") or kind.startswith(("S:", "J:", "I:")))
    )


def transaction(actions: Iterable[QmpAction], completion_mode: str | None = None) -> dict[str, Any]:
    """The arguments of QMP's `transaction`; without a completion mode it is individual."""
    arguments: dict[str, Any] = {"actions": [{"type": kind, "data": data} for kind, data in actions]}
    if completion_mode is not None:
        arguments["properties"] = {"completion-mode": completion_mode}
    return arguments


def merge_sources(data: Mapping[str, Any], node: str) -> Iterator[BitmapKey]:
    """The bitmaps that a merge reads, as (node, name); `node` is where a bare name lies."""
    for source in data["bitmaps"]:
        yield (node, source) if isinstance(source, str) else (source["node"], source["name"])


def adds(node: str, name: str, granularity_bytes: int, *, disabled: bool) -> QmpAction:
    """An action that adds a bitmap of txsh's own."""
    data: dict[str, Any] = {"node": node, "name": name, "granularity": granularity_bytes}
    if disabled:
        data["disabled"] = True
    return ADD, data


def merges(node: str, target: str, sources: Iterable[BitmapKey]) -> QmpAction:
    """A merge; sources of the same node are plain names, since the length of a request is what it costs."""
    bitmaps = [name if at == node else {"node": at, "name": name} for at, name in sources]
    return MERGE, {"node": node, "target": target, "bitmaps": bitmaps}


def names(kind: str, node: str, name: str) -> QmpAction:
    """An action that has only a node and a name."""
    return kind, {"node": node, "name": name}
