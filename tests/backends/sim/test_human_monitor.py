"""human-monitor-command: guest I/O by qemu-io, what is said of wrong lines, and breakpoints."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import CLUSTER, HELD, MEBIBYTE, ONE_BY_ONE, Lab
from txsh.backends.base import BackendLost, NotSimulated

V7_2, V10_0, V11_1 = (7, 2), (10, 0), (11, 1)
ALL_VERSIONS = pytest.mark.parametrize("version", [V7_2, V10_0, V11_1])


def make_lab(version: tuple[int, int] = V7_2, *, read_only: bool = False) -> Lab:
    lab = Lab("qemu-system", version)
    lab.drive("s0", **{"read-only": read_only})
    lab.bitmap("s0", "b")
    return lab


def say(lab: Lab, line: str) -> str:
    said: str = lab.execute("human-monitor-command", {"command-line": line})
    return said


@pytest.mark.parametrize(
    ("words", "dirty", "byte"),
    [
        ("write 64k 64k", [(1, 2)], 0xCD),
        ("write -P 0x2a 64k 1", [(1, 2)], 0x2A),
        ("w -P 010 0x10000 65536b", [(1, 2)], 8),
        ("write 64k 1 -P 7", [(1, 2)], 7),
        ("writev -P 3 64k 512 1k", [(1, 2)], 3),
        ("aio_write -P 4 64k 64k", [(1, 2)], 4),
        ("write -z 64k 64k", [(1, 2)], 0),
        ("write -zu 64k 128k", [(1, 3)], 0),
        ("write -f -q -P 9 64k 64k", [(1, 2)], 9),
        ("write 64k 0", [], 17),
        ("discard 64k 64k", [], 17),
        ("read -P 99 64k 64k", [], 17),
        ("flush", [], 17),
    ],
)
def test_what_the_guest_writes_by_qemu_io_is_written_and_recorded(
    words: str, dirty: list[tuple[int, int]], byte: int
) -> None:
    lab = make_lab()

    assert say(lab, f'qemu-io s0 "{words}"') == ""

    assert lab.dirty("s0", "b") == dirty
    assert lab.byte("s0", 1) == byte


@pytest.mark.parametrize(
    "words",
    [
        "",
        "foo",
        "write",
        "write 0",
        "write 0 512 512",
        "write -1 512",
        "write 0 -- -512",
        "write -x 0 512",
        "write -P 256 0 512",
        "write -P 7x 0 512",
        "write -zP 7 0 512",
        "write -u 0 512",
        "write 0 0.5",
        "write 0 1kb",
        "write 0 3G",
        "write 1048575 2",
        "writev 0 512 x",
        "aio_write -i 0 512",
        "aio_write -z 0 512 512",
        "break no_event A",
        "remove_break A",
        "resume A",
        "alloc x",
    ],
)
def test_what_qemu_io_does_not_understand_is_silent_and_changes_nothing(words: str) -> None:
    lab = make_lab()

    assert say(lab, f'qemu-io s0 "{words}"') == ""

    assert lab.dirty("s0", "b") == []


def test_options_and_sizes_that_only_some_versions_have_are_understood_by_those() -> None:
    for version, dirty in ((V7_2, []), (V11_1, [(0, 1)])):
        for words in ("write .5k 512", "write -r 0 512"):
            lab = make_lab(version)

            say(lab, f'qemu-io s0 "{words}"')

            assert lab.dirty("s0", "b") == dirty


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("", ""),
        ("foo", "unknown command: 'foo'\r\n"),
        ("  foo/x bar", "unknown command: '  foo'\r\n"),
        ("info foo", "unknown command: 'info foo'\r\n"),
        ("qemu-io", 'qemu-io: block device name expected\r\nTry "help qemu-io" for more information\r\n'),
        ("qemu-io s0", 'qemu-io: string expected\r\nTry "help qemu-io" for more information\r\n'),
        (' qemu-io s0 "x', 'qemu-io: string expected\r\nTry "help  qemu-io" for more information\r\n'),
        ('qemu-io s0 "\\x"', 'qemu-io: string expected\r\nTry "help qemu-io" for more information\r\n'),
        (
            'qemu-io s0 "length" 1',
            'qemu-io: extraneous characters at the end of line\r\nTry "help qemu-io" for more information\r\n',
        ),
        ("qemu-io -x s0 f", 'qemu-io: unsupported option -x\r\nTry "help qemu-io" for more information\r\n'),
        ("qemu-io -", 'qemu-io: unsupported option -Try "help qemu-io" for more information\r\n'),
        ("qemu-io -d s0 f", "Error: Device 's0' not found\r\n"),
        ("qemu-io zz f", "Error: Cannot find device='' nor node-name='zz'\r\n"),
    ],
)
def test_a_wrong_line_is_answered_in_the_words_of_the_monitor(line: str, printed: str) -> None:
    assert say(make_lab(), line) == printed


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("info block", "human-monitor-command info block"),
        ("device_del x", "human-monitor-command device_del"),
        ('qemu-io s0 "reopen -r"', "qemu-io reopen"),
        ('qemu-io s0 "write -c 0 64k"', "option -c of qemu-io write"),
    ],
)
def test_what_the_monitor_has_and_the_model_has_not_is_named(line: str, what: str) -> None:
    with pytest.raises(NotSimulated) as caught:
        say(make_lab(), line)

    assert caught.value.what == what


def test_commands_of_other_versions_are_unknown() -> None:
    assert say(make_lab(V11_1), "singlestep") == "unknown command: 'singlestep'\r\n"
    assert say(make_lab(V7_2), "one-insn-per-tb on") == "unknown command: 'one-insn-per-tb'\r\n"


def test_the_storage_daemon_has_no_human_monitor() -> None:
    lab = Lab("qsd")

    refused = lab.refused("human-monitor-command", {"command-line": "help"})

    assert refused == "The command human-monitor-command has not been found"


@pytest.mark.parametrize(("version", "pairs"), [(V7_2, 2), (V10_0, 4), (V11_1, 4)])
def test_the_block_backend_of_one_command_pauses_jobs_as_often_as_it_drains(
    version: tuple[int, int], pairs: int
) -> None:
    lab = make_lab(version)
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD))
    lab.settle()

    printed = say(lab, 'qemu-io s0 "write 512k 64k"')

    assert printed.startswith("Permission conflict on node 's0': permissions 'write' are both required by an unnamed")
    assert lab.settle() == ["j0 paused", "j0 running"] * pairs
    assert lab.dirty("s0", "b") == []


@ALL_VERSIONS
def test_a_write_above_the_filter_is_copied_first(version: tuple[int, int]) -> None:
    lab = make_lab(version)
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD, **{"filter-node-name": "flt"}))
    lab.settle()

    say(lab, 'qemu-io flt "write 512k 64k"')

    assert lab.job("j0")["offset"] == 2 * CLUSTER
    assert lab.byte("t0", 8) == 17
    assert lab.byte("s0", 8) == 0xCD


def test_a_read_only_node_refuses_to_be_written_and_reads() -> None:
    lab = make_lab(read_only=True)

    assert say(lab, 'qemu-io s0 "write 0 512"') == "Block node is read-only\r\n"
    assert say(lab, 'qemu-io s0 "read 0 512"') == ""


def broken_at(version: tuple[int, int]) -> Lab:
    """A backup that is held at its first write."""
    lab = make_lab(version)
    lab.target("t0", inject=[{"event": "none", "iotype": "flush", "once": True}])
    say(lab, 'qemu-io t0 "break pwritev A"')
    lab.transaction(lab.backup("j0", **ONE_BY_ONE))
    lab.settle()
    return lab


@pytest.mark.parametrize("command", ["resume A", "remove_break A"])
def test_a_held_request_goes_on_where_the_graph_needs_no_lock(command: str) -> None:
    lab = broken_at(V7_2)
    assert lab.job("j0")["offset"] == 0

    say(lab, f'qemu-io t0 "{command}"')

    assert lab.settle()[-1] == "j0 null"
    assert lab.same("s0", "t0")


@pytest.mark.parametrize("version", [V10_0, V11_1])
def test_a_held_request_is_held_for_ever_where_the_command_has_to_lock_the_graph(version: tuple[int, int]) -> None:
    lab = broken_at(version)

    with pytest.raises(BackendLost):
        say(lab, 'qemu-io t0 "resume A"')


@ALL_VERSIONS
def test_whatever_drains_waits_for_a_held_request_for_ever(version: tuple[int, int]) -> None:
    lab = broken_at(version)

    with pytest.raises(BackendLost):
        lab.transaction()


def test_time_passes_in_a_sleep() -> None:
    lab = make_lab()
    before_us = lab.backend.now_us()

    say(lab, 'qemu-io s0 "sleep 5"')

    assert lab.backend.now_us() >= before_us + 5000


@pytest.mark.parametrize(("version", "heading"), [(V7_2, ""), (V11_1, "Format specific information:\r\n")])
def test_info_prints_what_the_format_says_of_itself(version: tuple[int, int], heading: str) -> None:
    printed = say(make_lab(version), "qemu-io s0 info")

    assert printed.startswith(heading + "    compat: 1.1\r\n    compression type: zlib\r\n")


def test_truncate_changes_the_size_or_says_why_not() -> None:
    lab = make_lab()

    assert say(lab, 'qemu-io s0 "truncate 1000"') == "The new size must be a multiple of 512\r\n"
    assert say(lab, 'qemu-io s0 "truncate -m foo 2M"') == "Invalid preallocation mode 'foo'\r\n"
    assert say(lab, 'qemu-io s0 "truncate 2M"') == ""

    assert lab.info("s0")["image"]["virtual-size"] == 2 * MEBIBYTE


def test_stop_cont_and_quit_are_those_of_qmp() -> None:
    lab = make_lab()

    assert say(lab, "stop") == ""
    assert lab.execute("query-status")["status"] == "paused"
    assert say(lab, "c") == ""
    assert lab.execute("query-status")["status"] == "running"
    assert say(lab, "q") == ""
    with pytest.raises(BackendLost):
        lab.execute("query-status")


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("info status", "VM status: running\r\n"),
        ("info name", ""),
        ("info block-jobs", "Type backup, device j0: Completed 65536 of 1048576 bytes, speed limit 1 bytes/s\r\n"),
        (
            "info status x",
            'status: extraneous characters at the end of line\r\nTry "help info status" for more information\r\n',
        ),
        ("block_job_pause zz", "Error: Block job 'zz' not found\r\n"),
        ("block_job_complete j0", "Error: Job 'j0' in state 'running' cannot accept command verb 'complete'\r\n"),
        (
            "block_job_cancel -x j0",
            'block_job_cancel: unsupported option -x\r\nTry "help block_job_cancel" for more information\r\n',
        ),
        ("block_job_set_speed j0 -5", 'invalid size\r\nTry "help block_job_set_speed" for more information\r\n'),
        (
            "block_job_set_speed j0 1kx",
            (
                "block_job_set_speed: extraneous characters at the end of line\r\n"
                'Try "help block_job_set_speed" for more information\r\n'
            ),
        ),
        ("block_resize zz 1", "Error: Cannot find device='zz' nor node-name=''\r\n"),
        ("nbd_server_stop", "Error: NBD server not running\r\n"),
        ("stop x", 'stop|s: extraneous characters at the end of line\r\nTry "help stop" for more information\r\n'),
    ],
)
def test_commands_that_qmp_has_too_speak_as_the_monitor_does(line: str, printed: str) -> None:
    lab = make_lab()
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD))
    lab.settle()

    assert say(lab, line) == printed


@pytest.mark.parametrize(("size", "speed"), [("1k", 1024), ("1.5", 3 << 19), ("0x10", 16 << 20), ("2b", 2)])
def test_sizes_without_a_suffix_are_mebibytes(size: str, speed: int) -> None:
    lab = make_lab()
    lab.target("t0")
    lab.transaction(lab.backup("j0", **HELD))

    assert say(lab, f"block_job_set_speed j0 {size}") == ""

    assert lab.job("j0")["speed"] == speed
