"""What a guest's requests do that only a comparison with a real QEMU showed."""

from __future__ import annotations

from typing import Any

import pytest

from txsh.backends.base import GuestError, Image, run_now
from txsh.backends.sim.backend import SimBackend

CLUSTER = 65536


def daemon(**node: Any) -> SimBackend:
    """A storage daemon with an empty drive ``s`` and a target ``t``, 16 clusters each."""
    backend = SimBackend((7, 2), "qsd")
    for name, options in (("s", node), ("t", {})):
        run_now(backend.host.create_image(Image(name, "qcow2", 16 * CLUSTER)))
        file = {"driver": "file", "filename": name}
        run_now(backend.execute("blockdev-add", {"driver": "qcow2", "node-name": name, "file": file, **options}))
    return backend


def dirty_bytes(backend: SimBackend) -> int:
    nodes = run_now(backend.execute("query-named-block-nodes", {}))
    bitmaps = next(node for node in nodes if node["node-name"] == "s")["dirty-bitmaps"]
    return int(next(bitmap["count"] for bitmap in bitmaps if "name" in bitmap))


def backup(backend: SimBackend, **options: Any) -> dict[str, Any]:
    arguments = {"device": "s", "target": "t", "job-id": "j", "speed": 1, **options}
    run_now(backend.execute("blockdev-backup", arguments | {"x-perf": {"max-workers": 1, "max-chunk": CLUSTER}}))
    while run_now(backend.next_event(backend.now_us() + 1_000_000)):
        pass
    job: dict[str, Any] = run_now(backend.execute("query-jobs", {}))[0]
    return job


def test_a_discard_marks_bitmaps_but_is_dropped_while_a_backup_runs() -> None:
    backend = daemon(discard="unmap")
    run_now(backend.execute("block-dirty-bitmap-add", {"node": "s", "name": "b"}))
    run_now(backend.host.discard("s", 0, CLUSTER))
    assert dirty_bytes(backend) == CLUSTER

    before = backup(backend, sync="none")["current-progress"]
    run_now(backend.host.discard("s", 8 * CLUSTER, CLUSTER))

    assert dirty_bytes(backend) == CLUSTER
    assert run_now(backend.execute("query-jobs", {}))[0]["current-progress"] == before


def test_a_discard_allocates_nothing_where_nothing_was() -> None:
    backend = daemon(discard="unmap")
    run_now(backend.host.write("s", 0, 2 * CLUSTER, 1))
    run_now(backend.host.discard("s", 0, 4 * CLUSTER))

    assert backup(backend, sync="top")["total-progress"] == 2 * CLUSTER


@pytest.mark.parametrize("iotype", ["read", "write"])
@pytest.mark.parametrize(
    ("errno", "text"),
    [
        (5, "Input/output error"),
        (28, "No space left on device"),
        (30, "Operation not permitted"),
        (32, "Invalid argument"),
        (122, "No space left on device"),
    ],
)
def test_a_guest_sees_an_error_as_nbd_can_tell_it(iotype: str, errno: int, text: str) -> None:
    assert _failure(iotype, errno) == text


def _failure(iotype: str, errno: int) -> str:
    backend = daemon()
    rule = {"event": "none", "iotype": iotype, "errno": errno}
    fault = {"driver": "blkdebug", "node-name": "d", "image": "s", "inject-error": [rule]}
    run_now(backend.execute("blockdev-add", fault))
    host = backend.host
    request = host.read("d", 0, CLUSTER, None) if iotype == "read" else host.write("d", 0, CLUSTER, 1)
    with pytest.raises(GuestError) as failed:
        run_now(request)
    return failed.value.description
