"""A served simulator is attached to like any QEMU, with the monitor alone: nobody listens at its NBD server."""

from __future__ import annotations

import pytest

from tests.cli.command import txsh
from tests.cli.test_serve import serving

SCRIPT = """\
drive d 8M
target t 8M format=raw
bitmap-add d.b
write d 64K+128K
expect bitmap d.b dirty=[64K+128K] recording
transaction < bitmap-clear d.b; bitmap-remove d.nope > fails "Dirty bitmap 'nope' not found"
transaction cancel=all < backup d to=t bitmap=b; bitmap-add d.c >
wait
expect group committed
expect bitmap d.b dirty=[]
"""


@pytest.mark.parametrize("profile", ["7.2", "11.1"])
def test_a_script_runs_on_it_and_leaves_nothing(profile: str) -> None:
    with serving("--profile", profile) as served:
        for _ in range(2):
            done = txsh("-b", f"qmp:{served.path}", "run", "-", text=SCRIPT)

            assert done.returncode == 0, done.stdout + done.stderr
            assert done.stderr.startswith("warning[unseen-errors]: guest I/O goes through QEMU's human monitor here")
        done = txsh("-b", f"qmp:{served.path}", "-c", "show")
        assert done.stdout == (
            f"<command line> on qmp:{served.path}, QEMU {profile}\n"
            "    1  show\n         no nodes\n         no bitmaps\n         no jobs\npassed\n"
        )


def test_a_storage_daemon_has_no_human_monitor_to_write_with() -> None:
    with serving("--program", "qsd") as served:
        done = txsh("-b", f"qmp:{served.path}", "run", "-", text="drive d 1M\nwrite d 0+64K\n")

    assert done.returncode == 1
    assert "error[no-guest-io]" in done.stderr


def test_a_second_client_is_told_that_it_is_occupied() -> None:
    with serving() as served, served.connect() as first:
        first.recv(1000)
        done = txsh("-b", f"qmp:{served.path}", "-c", "show")

    assert done.returncode == 3
    assert done.stderr.startswith("txsh: error[occupied-monitor]: ")
