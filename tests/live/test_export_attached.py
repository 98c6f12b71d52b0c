"""Exports and raw QMP on a QEMU that somebody else runs."""

from __future__ import annotations

import socket

import pytest

from tests.live.standing import Standing

pytestmark = pytest.mark.live

PROGRAMS = pytest.mark.parametrize("program", ["qemu", "qsd"])


@PROGRAMS
def test_no_export_of_a_script_outlives_it(program: str) -> None:
    with Standing(program) as qemu:
        qemu.drive("d", "b")

        code, output, error = qemu.txsh("bitmap-disable d.b\nexport d bitmaps=[b]\nexpect bitmap d.b busy\n", "--yes")

        assert (code, error) == (0, "")
        assert "nbd+unix:///d?socket=/" in output
        assert qemu.run("query-block-exports") == []
        # Its server is gone, too.
        qemu.run("nbd-server-start", addr={"type": "unix", "data": {"path": "nbd"}})


@PROGRAMS
def test_an_export_goes_to_the_server_that_the_script_starts(program: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Standing(program) as qemu:
        qemu.drive("d", "b")
        start = f"qmp nbd-server-start addr.type=inet addr.data.host=127.0.0.1 addr.data.port={port}\n"

        code, output, error = qemu.txsh(f"{start}export d\nunexport d\nqmp nbd-server-stop\n", "--yes")

        assert (code, error) == (0, "")
        assert f"nbd://127.0.0.1:{port}/d" in output


@PROGRAMS
def test_raw_qmp_may_reach_there_what_its_user_may(program: str) -> None:
    with Standing(program) as qemu:
        path = qemu.folder / "elsewhere.raw"
        path.write_bytes(bytes(65536))

        add = f"qmp blockdev-add driver=file node-name=f filename={path}\nexpect node f\n"
        code, _, error = qemu.txsh(add)

        assert (code, error) == (0, "")
        assert [node["node-name"] for node in qemu.run("query-named-block-nodes", flat=True)] == ["f"]
