"""``txsh help`` of what is no verb: commands of QMP and their types, as the newest recorded QEMU has them."""

from __future__ import annotations

from tests.cli.command import txsh


def test_a_command_of_qmp_tells_its_members_and_what_may_be_in_them() -> None:
    done = txsh("help", "block_resize")

    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
block_resize: a command of QMP, as QEMU 11.1 has it

qmp block_resize MEMBER=VALUE ...
  device=                   a string (optional)
  node-name=                a string (optional)
  size=                     a whole number
"""
    )


def test_what_is_an_object_is_named_to_ask_for_it() -> None:
    assert (
        "\n  x-perf.                   an object: BackupPerf (optional, unstable)\n"
        in txsh("help", "drive-backup").stdout
    )
    assert (
        txsh("help", "BackupPerf").stdout
        == """\
BackupPerf: an object of QMP, as QEMU 11.1 has it

  use-copy-range=           true or false (optional)
  max-workers=              a whole number (optional)
  max-chunk=                a whole number (optional)
  min-cluster-size=         a size (optional, since 10.0)
"""
    )


def test_it_is_told_what_is_deprecated_new_or_answered() -> None:
    assert txsh("help", "drive-backup").stdout.startswith(
        "drive-backup: a command of QMP, as QEMU 11.1 has it (deprecated)\n",
    )
    assert txsh("help", "blockdev-set-active").stdout.startswith(
        "blockdev-set-active: a command of QMP, as QEMU 11.1 has it (since 10.0)\n",
    )
    assert txsh("help", "query-jobs").stdout.endswith("\n\n  returns                   a list of: an object: JobInfo\n")


def test_a_tag_tells_where_more_members_come_from_and_no_line_is_longer_than_a_screen() -> None:
    told = txsh("help", "blockdev-add").stdout

    assert "\n  driver=raw                the members of BlockdevOptionsRaw too\n" in told
    assert max(map(len, told.splitlines())) <= 120


def test_a_command_that_only_an_older_qemu_has_is_found_there() -> None:
    assert txsh("help", "x-query-profile").stdout.startswith("x-query-profile: a command of QMP, as QEMU 7.2 has it")


def test_a_slip_in_a_commands_name_is_told() -> None:
    done = txsh("help", "blockdev-ad")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "txsh: no verb is called 'blockdev-ad'\n  did you mean 'blockdev-add'?\n"
