"""The simulated QEMU's command line: what is there before the first command, and drives with names of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.sim.lab import CLUSTER, HELD, Lab
from txsh.backends.base import BackendLost, NotSimulated
from txsh.backends.sim.backend import SimBackend

DRIVE = "if=none,id=d0,file=a.qcow2,format=qcow2,node-name=a"


def start(program: str, *arguments: str, version: tuple[int, int] = (11, 1)) -> Lab:
    lab = Lab(program, version)
    lab.backend = SimBackend(version, program, arguments=arguments)
    lab.image("a.qcow2", "qcow2")
    lab.image("t.raw", "raw")
    return lab


def names(lab: Lab) -> list[str]:
    return [node["node-name"] for node in lab.execute("query-named-block-nodes", {"flat": True})]


def test_a_drive_is_a_device_with_a_node() -> None:
    lab = start("qemu-system", "-drive", DRIVE)

    (device,) = lab.execute("query-block")

    assert (device["device"], device["inserted"]["node-name"], device["type"]) == ("d0", "a", "unknown")


def test_commands_find_the_node_by_the_name_of_its_drive() -> None:
    lab = start("qemu-system", "-drive", DRIVE)
    lab.execute("block-dirty-bitmap-add", {"node": "d0", "name": "b"})
    lab.execute("block-dirty-bitmap-disable", {"node": "d0", "name": "b"})

    assert list(lab.bitmaps("a")) == ["b"]
    assert lab.refused("blockdev-add", {"driver": "raw", "node-name": "d0", "file": "a"}) == (
        "node-name=d0 is conflicting with a device id"
    )
    assert lab.refused("blockdev-del", {"node-name": "d0"}) == "Failed to find node with node-name='d0'"
    assert lab.refused("blockdev-del", {"node-name": "a"}) == "Node a is in use"


def test_a_job_of_a_drive_is_named_after_it_and_so_are_refusals() -> None:
    lab = start("qemu-system", "-drive", DRIVE, "-drive", "if=none,id=w0,file=t.raw,format=raw")
    data: dict[str, Any] = {"device": "d0", "target": "w0", "sync": "full", **HELD}
    lab.execute("blockdev-backup", data)

    assert lab.refused("blockdev-backup", data | {"job-id": "j"}) == (
        "Node 'd0' is busy: block device is in use by block job: backup"
    )
    assert lab.job("d0")["status"] == "running"
    bitmap = {"node": "w0", "name": "b", "persistent": True}
    assert lab.refused("block-dirty-bitmap-add", bitmap) == (
        "Can't store persistent bitmaps to w0: Operation not supported"
    )


def test_a_drive_is_written_above_the_filter_of_its_job() -> None:
    lab = start("qemu-system", "-drive", DRIVE)
    lab.open("raw", "t0", "t.raw")
    lab.execute("human-monitor-command", {"command-line": 'qemu-io d0 "write 0 1M"'})
    lab.transaction(lab.backup("j", "d0", **HELD))
    lab.settle()

    lab.execute("human-monitor-command", {"command-line": 'qemu-io d0 "write -P 1 512k 64k"'})

    assert lab.job("j")["offset"] == 2 * CLUSTER


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("file=a.qcow2", {"drv": "qcow2", "ro": False}),
        ("if=none,driver=qcow2,file.filename=a.qcow2,readonly=on", {"drv": "qcow2", "ro": True}),
        ("file=t.raw,format=raw,cache=none", {"drv": "raw", "cache": {"no-flush": False, "direct": True}}),
        ("file=t.raw", {"drv": "raw", "ro": False}),
    ],
)
def test_a_drive_is_opened_as_its_options_say(options: str, shown: dict[str, Any]) -> None:
    (device,) = start("qemu-system", "-drive", options).execute("query-block")

    assert device["device"] == "none0"
    for member, value in shown.items():
        found = device["inserted"][member]
        assert found == (value | {"writeback": True} if isinstance(value, dict) else value)


def test_a_drive_without_a_medium_has_none() -> None:
    assert start("qemu-system", "-drive", "if=none,id=d0").execute("query-block") == [
        {"device": "d0", "locked": False, "removable": True, "type": "unknown"}
    ]


def test_nodes_come_before_the_drives_that_name_them() -> None:
    node = "qcow2,node-name=a,file.driver=file,file.filename=a.qcow2"

    lab = start("qemu-system", "-drive", "if=none,id=d0,driver=raw,file.driver=raw,file.file=a", "-blockdev", node)

    assert lab.execute("query-block")[0]["inserted"]["drv"] == "raw"


def test_options_of_the_machine_are_taken_as_far_as_they_matter() -> None:
    lab = start(
        "qemu-system",
        *("-object", "iothread,id=io", "-nodefaults", "-display", "none", "-machine", "none", "-name", "guest=g", "-S"),
    )

    assert lab.execute("query-name") == {"name": "g"}
    assert lab.execute("query-status") == {"status": "prelaunch", "running": False}
    assert [each["id"] for each in lab.execute("query-iothreads")] == ["io"]


def test_the_storage_daemon_takes_nodes_a_server_and_exports() -> None:
    lab = start(
        "qsd",
        *("--blockdev", '{"driver": "file", "node-name": "f", "filename": "a.qcow2"}'),
        *("--blockdev", "driver=qcow2,node-name=a,file=f,discard=unmap,read-only=off"),
        *("--nbd-server", "addr.type=unix,addr.path=nbd.sock,max-connections=2"),
        "--export=nbd,id=e,node-name=a,writable=on,name=x",
        *("--object", "throttle-group,id=g,limits.iops-total=3"),
    )

    assert names(lab) == ["a", "f"]
    assert [each["id"] for each in lab.execute("query-block-exports")] == ["e"]
    lab.execute("object-del", {"id": "g"})


@pytest.mark.parametrize(
    ("program", "arguments", "said"),
    [
        ("qemu-system", ("-drive", DRIVE, "-drive", DRIVE), "Duplicate ID 'd0' for drive"),
        ("qemu-system", ("-drive", "if=none,file=no.qcow2"), "Could not open 'no.qcow2': No such file or directory"),
        ("qsd", ("--blockdev", "driver=foo,node-name=a"), "'foo'"),
        ("qsd", ("--export",), "--export requires an argument"),
    ],
)
def test_a_command_line_that_cannot_be_is_no_start(program: str, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(BackendLost) as caught:
        start(program, *arguments).execute("query-block-jobs")

    assert "QEMU does not start" in caught.value.description
    assert said in caught.value.description


@pytest.mark.parametrize(
    ("program", "arguments", "what"),
    [
        ("qemu-system", ("-hda", "a.qcow2"), "option -hda of qemu-system"),
        ("qemu-system", ("-machine", "q35"), "machine q35"),
        ("qemu-system", ("-drive", "if=virtio,file=a.qcow2"), "-drive of an interface"),
        ("qemu-system", ("-drive", "file=nbd:localhost:1"), "-drive of nbd:localhost:1"),
        ("qemu-system", ("-drive", "file=a.qcow2,snapshot=on"), "-drive with snapshot"),
        ("qsd", ("--chardev", "null,id=c"), "option --chardev of qemu-storage-daemon"),
    ],
)
def test_an_argument_without_a_model_is_named(program: str, arguments: tuple[str, ...], what: str) -> None:
    with pytest.raises(NotSimulated) as caught:
        start(program, *arguments).execute("query-block-jobs")

    assert caught.value.what == what


def test_a_process_started_again_has_the_same_command_line() -> None:
    lab = start("qemu-system", "-drive", DRIVE)
    lab.execute("block-dirty-bitmap-add", {"node": "d0", "name": "b", "persistent": True})

    lab.backend = lab.backend.restart("quit")

    assert list(lab.bitmaps("a")) == ["b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("null-co,node-name=n,size=64M", "Parameter 'size' expects integer"),
        ("null-co,node-name=n,read-zeroes=maybe", "Parameter 'read-zeroes' expects 'on' or 'off'"),
        ("foo", "Parameter 'driver' does not accept value 'foo'"),
        ("raw,node-name=n,file.driver=null-co,file.size=1k", "Parameter 'file.size' expects integer"),
    ],
)
def test_what_an_option_says_is_judged_in_qemus_words(text: str, words: str) -> None:
    with pytest.raises(BackendLost) as caught:
        start("qemu-system", "-blockdev", text).execute("query-version")

    assert caught.value.description == f"QEMU does not start: -blockdev {text}: {words}"


def test_a_number_may_be_hexadecimal() -> None:
    lab = start("qsd", "--blockdev", "null-co,node-name=n,size=0x100000")

    (node,) = lab.execute("query-named-block-nodes", {"flat": True})
    assert node["image"]["virtual-size"] == 1 << 20
