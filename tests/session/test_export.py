"""Exports of the script's, and the guest's processors."""

from __future__ import annotations

import pytest

from tests.session.play import findings, play, play_live, sent

pytestmark = pytest.mark.usefixtures("on_every_backend")

WORLD = "drive d 1M\nbitmap-add d.b\nwrite d 0+256K\n"


def test_an_export_keeps_its_bitmap_busy_until_it_is_taken_away() -> None:
    trace = play(
        f"{WORLD}bitmap-disable d.b\nexport d bitmaps=[b]\nexpect bitmap d.b busy\n"
        'bitmap-clear d.b fails "*in use by another operation*"\n'
        "unexport d\nexpect bitmap d.b busy=false dirty=[0+256K]\nexpect event BLOCK_EXPORT_DELETED id=d\n"
        "bitmap-clear d.b\n"
    )

    assert findings(trace) == []


def test_guest_io_and_exports_of_the_script_share_a_server() -> None:
    trace = play(
        f"{WORLD}export d writable\nwrite d 512K+64K\nread d 512K+64K pattern=0xcd\n"
        "expect bitmap d.b dirty=[0+256K, 512K+64K]\nunexport d\nwrite d 0+64K\nexport d\nunexport d\n"
    )

    assert findings(trace) == []
    assert sent(trace).count("nbd-server-start") == 0


def test_what_qemu_refuses_is_refused() -> None:
    trace = play(
        f"{WORLD}export d\nexport d fails \"Block export id 'd' is already in use\"\n"
        "export nope fails \"Cannot find device='' nor node-name='nope'\"\n"
        "unexport d\nunexport d fails \"Export 'd' is not found\"\nexport d bitmaps=[zz] fails\n"
        'drive r 1M readonly\nexport r writable fails "Cannot export read-only node as writable"\nexport r\n'
    )

    assert findings(trace) == []


def test_a_node_can_be_backed_up_while_it_is_exported() -> None:
    trace = play(
        f"{WORLD}export d writable\nbackup d job=j\nwait\nexpect job j completed\nexpect data d-target same=d\n"
    )

    assert findings(trace) == []


def test_the_scripts_own_server_takes_the_place_of_ours() -> None:
    trace = play(
        f"{WORLD}qmp nbd-server-start addr.type=unix addr.data.path=own.sock\n"
        "qmp block-export-add type=nbd id=e node-name=d name=e\nwrite d 512K+64K\nexport d\n"
        "qmp query-block-exports\nexpect reply return.0.node-name=d\n"
        'qmp nbd-server-start addr.type=unix addr.data.path=other.sock fails "NBD server already running"\n'
        "qmp nbd-server-stop\nexpect event BLOCK_EXPORT_DELETED id=e\nwrite d 576K+64K\nexport d\n"
        "expect bitmap d.b dirty=[0+256K, 512K+128K]\n"
    )

    assert findings(trace) == []


@pytest.mark.parametrize(("verb", "event"), [("stop", "STOP"), ("stop; cont", "RESUME")])
def test_a_guest_is_stopped_and_let_run(verb: str, event: str, request: pytest.FixtureRequest) -> None:
    play_system = play if "sim" in request.node.callspec.id else lambda text: play_live(text, "qemu-system")

    trace = play_system(f"{verb}\nexpect event {event}\nqmp query-status\n")

    assert findings(trace) == []


@pytest.mark.live
def test_a_storage_daemon_has_no_guest() -> None:
    trace = play_live("stop\n")

    assert findings(trace) == ["no-guest"]
    assert sent(trace) == []
