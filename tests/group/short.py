"""Actions written short, so that a table of them can be read: ``merge b + S:1 -> J:j0``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txsh.group.wire import ADD, BACKUP, CLEAR, DISABLE, ENABLE, MERGE, REMOVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from txsh.group.wire import QmpAction

TX = "0a1b2c3d"
_WORDS = {ADD: "add", REMOVE: "remove", CLEAR: "clear", ENABLE: "enable", DISABLE: "disable"}
_SIZES = {512: "512", 4096: "4K", 65536: "64K", 1 << 31: "2G"}


def short(actions: Iterable[QmpAction], *, home: str = "s0") -> list[str]:
    """Each action in one line; bitmaps of the node `home` without their node."""

    def bitmap(node: str, name: str) -> str:
        name = name.removeprefix(f"txsh:{TX}:")
        return name if node == home else f"{node}.{name}"

    lines = []
    for kind, data in actions:
        if kind == MERGE:
            pairs = [
                (data["node"], one) if isinstance(one, str) else (one["node"], one["name"]) for one in data["bitmaps"]
            ]
            sources = " + ".join(bitmap(*pair) for pair in pairs)
            lines.append(f"merge {sources} -> {bitmap(data['node'], data['target'])}")
        elif kind == BACKUP:
            held = bitmap(data["device"], data["bitmap"])
            assert data["auto-finalize"] is False
            lines.append(f"backup {data['job-id']} {data['sync']} {held} {data['bitmap-mode']}")
        else:
            size = f" {_SIZES[data['granularity']]}" if "granularity" in data else ""
            more = (" persistent" if data.get("persistent") else "") + (" disabled" if data.get("disabled") else "")
            lines.append(f"{_WORDS[kind]} {bitmap(data['node'], data['name'])}{size}{more}")
    return lines


def clear(name: str, node: str = "s0") -> QmpAction:
    return CLEAR, {"node": node, "name": name}


def remove(name: str, node: str = "s0") -> QmpAction:
    return REMOVE, {"node": node, "name": name}


def enable(name: str, node: str = "s0") -> QmpAction:
    return ENABLE, {"node": node, "name": name}


def disable(name: str, node: str = "s0") -> QmpAction:
    return DISABLE, {"node": node, "name": name}


def add(name: str, node: str = "s0", **more: Any) -> QmpAction:
    return ADD, {"node": node, "name": name, **more}


def merge(target: str, *sources: Any, node: str = "s0") -> QmpAction:
    return MERGE, {"node": node, "target": target, "bitmaps": list(sources)}


def backup(job: str, sync: str = "full", *, source: str = "s0", target: str = "t0", **more: Any) -> QmpAction:
    members = {member.replace("_", "-"): value for member, value in more.items()}
    return BACKUP, {"device": source, "target": target, "sync": sync, "job-id": job, **members}
