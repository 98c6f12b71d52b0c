"""What a look at a QEMU would show, written short, for tests that need no QEMU."""

from __future__ import annotations

from txsh.model.state import BitmapInfo, NodeInfo

MEBIBYTE = 1 << 20
CLUSTER = 65536


def bitmap(
    name: str,
    *,
    granularity: int = CLUSTER,
    recording: bool = True,
    busy: bool = False,
    persistent: bool = False,
    inconsistent: bool = False,
) -> BitmapInfo:
    return BitmapInfo("", name, 0, granularity, recording, busy, persistent, inconsistent)


def node(
    name: str,
    *bitmaps: BitmapInfo | str,
    driver: str = "qcow2",
    size: int = MEBIBYTE,
    cluster: int | None = CLUSTER,
    readonly: bool = False,
    compat: str | None = "1.1",
) -> NodeInfo:
    full = [bitmap(one) if isinstance(one, str) else one for one in bitmaps]
    cluster = cluster if driver == "qcow2" else None
    placed = tuple(one._replace(node=name) for one in full)
    return NodeInfo(name, driver, size, cluster, readonly, None, placed, compat if driver == "qcow2" else None)


def nodes(*given: NodeInfo) -> dict[str, NodeInfo]:
    return {one.name: one for one in given}
