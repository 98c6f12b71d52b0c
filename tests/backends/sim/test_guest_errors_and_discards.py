"""What a guest's requests do that only a comparison with a real QEMU showed."""

from __future__ import annotations

from typing import Any

import pytest

from txsh.backends.base import CommandFailed, GuestError, Image, run_now
from txsh.backends.sim.backend import SimBackend
from txsh.backends.sim.driver.base import ZERO

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


def test_a_discard_of_what_cannot_be_discarded_marks_no_bitmap() -> None:
    backend = SimBackend((7, 2), "qsd")
    node = {"driver": "null-co", "node-name": "s", "size": 16 * CLUSTER, "discard": "unmap"}
    run_now(backend.execute("blockdev-add", node))
    run_now(backend.execute("block-dirty-bitmap-add", {"node": "s", "name": "b"}))
    run_now(backend.host.discard("s", 0, CLUSTER))
    assert dirty_bytes(backend) == 0


def test_a_guest_may_not_write_to_what_lies_below_the_source_of_a_backup() -> None:
    backend = daemon()
    for name, node in (("base", "s"), ("copy", "t")):
        run_now(backend.host.create_image(Image(name, "qcow2", 16 * CLUSTER)))
        file = {"driver": "file", "filename": name}
        arguments = {"driver": "qcow2", "node-name": name, "file": file, "backing": node if name == "base" else None}
        run_now(backend.execute("blockdev-add", arguments))
    run_now(backend.host.write("s", 0, CLUSTER, 1))
    backup(backend, device="base", target="copy", sync="full")
    with pytest.raises(CommandFailed, match="unshared by node 'base'"):
        run_now(backend.host.write("s", 0, CLUSTER, 2))


def test_zeroes_in_an_old_image_without_a_backing_file_give_up_its_clusters_and_write_nothing() -> None:
    backend = SimBackend((7, 2), "qsd")
    run_now(backend.host.create_image(Image("s", "qcow2", 16 * CLUSTER, compat="v2")))
    rule = {"event": "pwritev", "iotype": "write", "errno": 5, "state": 2}
    file = {"driver": "blkdebug", "image": {"driver": "file", "filename": "s"}, "inject-error": [rule]}
    file["set-state"] = [{"event": "pwritev", "state": 1, "new_state": 2}]
    run_now(backend.execute("blockdev-add", {"driver": "qcow2", "node-name": "s", "file": file}))
    run_now(backend.host.write("s", 0, CLUSTER, 7))
    run_now(backend.host.zero("s", 0, 2 * CLUSTER, unmap=False))
    assert run_now(backend.host.read("s", 0, 2 * CLUSTER, 0)) is None
    assert run_now(backend.host.file_offset("s", 0)) is None


def test_a_read_only_node_with_a_bitmap_never_stored_cannot_be_reopened() -> None:
    backend = daemon(**{"read-only": True})
    run_now(backend.execute("block-dirty-bitmap-add", {"node": "s", "name": "b", "persistent": True}))
    file = next(
        node["node-name"] for node in run_now(backend.execute("query-named-block-nodes", {})) if node["file"] == "s"
    )
    options = {"driver": "qcow2", "node-name": "s", "file": file, "read-only": True}
    with pytest.raises(CommandFailed, match="No write access"):
        run_now(backend.execute("blockdev-reopen", {"options": [options]}))


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


def pieces(backend: SimBackend) -> list[tuple[int, int, bool]]:
    """The drive as QEMU's block status cuts it, whatever its flags are: start, end, whether it reads as zeroes."""
    node = backend.world.find_node("s")
    assert node is not None
    found, at = [], 0
    while at < 16 * CLUSTER:
        flags, stop = node.driver.status(node, at, 16 * CLUSTER)
        found.append((at // CLUSTER, stop // CLUSTER, bool(flags & ZERO)))
        at = stop
    return found


def test_zeroes_that_keep_their_room_are_cut_from_those_that_have_none() -> None:
    backend = daemon()
    run_now(backend.host.write("s", 0, 2 * CLUSTER, 1))
    run_now(backend.host.zero("s", CLUSTER, 2 * CLUSTER, unmap=False))

    assert pieces(backend) == [(0, 1, False), (1, 2, True), (2, 3, True), (3, 16, True)]


def test_zeroes_in_a_part_of_a_cluster_without_data_take_no_room() -> None:
    backend = daemon()
    run_now(backend.host.zero("s", 4096, 512, unmap=False))

    assert pieces(backend) == [(0, 1, True), (1, 16, True)]


def test_zeroes_in_a_part_of_a_cluster_with_data_are_written() -> None:
    backend = daemon()
    run_now(backend.host.write("s", 0, 512, 1))
    run_now(backend.host.zero("s", 512, CLUSTER, unmap=False))

    assert pieces(backend) == [(0, 1, False), (1, 2, True), (2, 16, True)]


def test_a_write_into_zeroes_takes_their_old_room_and_none_of_their_old_bytes() -> None:
    backend = daemon()
    run_now(backend.host.write("s", 0, CLUSTER, 1))
    place = run_now(backend.host.file_offset("s", 0))
    run_now(backend.host.zero("s", 0, CLUSTER, unmap=False))
    assert run_now(backend.host.file_offset("s", 0)) is None

    run_now(backend.host.write("s", 4096, 4096, 2))

    assert run_now(backend.host.file_offset("s", 0)) == place
    assert run_now(backend.host.read("s", 0, 4096, 0)) is None
    assert run_now(backend.host.read("s", 4096, 4096, 2)) is None
    assert run_now(backend.host.read("s", 8192, CLUSTER - 8192, 0)) is None


def test_a_discard_punches_the_file_below_a_raw_node() -> None:
    backend = SimBackend((7, 2), "qsd")
    run_now(backend.host.create_image(Image("r", "raw", 16 * CLUSTER)))
    node = {"driver": "raw", "node-name": "s", "discard": "unmap", "file": {"driver": "file", "filename": "r"}}
    run_now(backend.execute("blockdev-add", node))
    run_now(backend.host.write("s", 0, 3 * CLUSTER, 1))
    run_now(backend.host.discard("s", CLUSTER, CLUSTER))

    assert pieces(backend) == [(0, 1, False), (1, 2, True), (2, 3, False), (3, 16, True)]


def raw_daemon() -> SimBackend:
    backend = SimBackend((7, 2), "qsd")
    run_now(backend.host.create_image(Image("r", "raw", 16 * CLUSTER)))
    node = {"driver": "raw", "node-name": "s", "file": {"driver": "file", "filename": "r"}}
    run_now(backend.execute("blockdev-add", node))
    return backend


def test_data_written_behind_data_already_found_is_told_apart() -> None:
    backend = raw_daemon()
    run_now(backend.host.write("s", 0, CLUSTER, 1))
    assert pieces(backend) == [(0, 1, False), (1, 16, True)]

    run_now(backend.host.write("s", CLUSTER, CLUSTER, 1))

    assert pieces(backend) == [(0, 1, False), (1, 2, False), (2, 16, True)]


def test_zeroes_inside_data_already_found_are_seen() -> None:
    backend = raw_daemon()
    run_now(backend.host.write("s", 0, 16 * CLUSTER, 1))
    assert pieces(backend) == [(0, 16, False)]

    run_now(backend.host.zero("s", 4 * CLUSTER, CLUSTER, unmap=False))

    assert pieces(backend) == [(0, 4, False), (4, 5, True), (5, 16, False)]


def test_data_written_into_zeroes_that_kept_their_room_is_one_run_with_its_neighbours_again() -> None:
    backend = daemon()
    run_now(backend.host.write("s", 0, 4 * CLUSTER, 1))
    run_now(backend.host.zero("s", CLUSTER, CLUSTER, unmap=False))
    run_now(backend.host.write("s", CLUSTER, CLUSTER, 2))

    assert pieces(backend) == [(0, 4, False), (4, 16, True)]
