"""``--as-is``: what QEMU does where txsh would not have asked it. The simulator has the same defects."""

from __future__ import annotations

import functools

import pytest

from tests.session.play import findings, play, play_live

WORLD = "drive d 1M\ndrive e 1M\ntarget t 1M\ntarget u 1M\nbitmap-add d.b\nwrite d 0+64K\n"
ALWAYS = "backup d to=t job=j sync=bitmap bitmap=b bitmap-mode=always"
DEADLY = [
    ("B1", "transaction < bitmap-enable d.nope >"),
    ("B2", "bitmap-merge d.b from=[]"),
    ("B2", "transaction < bitmap-merge d.b from=[] >"),
    ("B3", "transaction completion-mode=grouped < backup d to=t; backup e to=u job=k; backup d to=d job=l >"),
    ("B9", f"transaction < bitmap-clear d.b; {ALWAYS}; bitmap-clear d.nope >"),
]
VERSIONS = [(7, 2), (10, 0), (11, 1)]
PLAYS = [
    *(pytest.param(functools.partial(play, version=version), id=f"sim:{version}") for version in VERSIONS),
    pytest.param(functools.partial(play_live, time_limit_seconds=3), marks=pytest.mark.live, id="qsd"),
]


@pytest.mark.parametrize("run", PLAYS)
@pytest.mark.parametrize(("defect", "line"), DEADLY, ids=[line for _, line in DEADLY])
def test_what_kills_qemu_is_sent_and_the_run_is_lost(run: functools.partial, defect: str, line: str) -> None:  # type: ignore[type-arg]  # of either player
    trace = run(f"{WORLD}{line} fails\n", as_is=True)

    assert trace.verdict.word == "lost", defect
    assert trace.verdict.unknown == ("transaction" if line.startswith("transaction") else "block-dirty-bitmap-merge")
    assert not any(exchange.look for exchange in trace.exchanges if exchange.span and exchange.span.text == line)


@pytest.mark.parametrize("run", PLAYS)
def test_a_refused_backup_of_mode_always_leaves_every_bit_set(run: functools.partial) -> None:  # type: ignore[type-arg]
    trace = run(f"{WORLD}transaction < {ALWAYS}; bitmap-clear d.nope > fails\nexpect bitmap d.b count=1M\n", as_is=True)

    assert findings(trace) == []


@pytest.mark.parametrize("run", PLAYS)
@pytest.mark.parametrize("as_is", [True, False])
def test_a_refused_enable_of_a_busy_bitmap_leaves_it_disabled_unless_txsh_looks(
    run: functools.partial,  # type: ignore[type-arg]
    *,
    as_is: bool,
) -> None:
    recording = "false" if as_is else "true"
    trace = run(
        f"{WORLD}export d bitmaps=[b] writable\nexpect bitmap d.b busy recording\n"
        'transaction < bitmap-enable d.b > fails "*in use by another operation*"\n'
        f"expect bitmap d.b recording={recording}\n",
        as_is=as_is,
    )

    assert findings(trace) == []


@pytest.mark.parametrize("as_is", [True, False])
def test_backups_of_one_source_are_warned_of_only_when_txsh_looks(*, as_is: bool) -> None:
    trace = play(f"{WORLD}transaction < backup d to=t job=j; backup d to=u job=k >\nwait\n", as_is=as_is)

    assert findings(trace) == ([] if as_is else ["backups-of-one-source"])


REOPEN = (
    'qmp {{"execute": "blockdev-reopen", "arguments": {{"options": ['
    '{{"driver": "qcow2", "node-name": "d", "file": "d-file", "read-only": {}}}{}]}}}}'
)
CHANGED = ', {"driver": "null-co", "node-name": "n", "size": 65536, "read-zeroes": true}'


@pytest.mark.parametrize("run", PLAYS)
def test_a_reopen_that_is_refused_late_leaves_bitmaps_read_only(run: functools.partial) -> None:  # type: ignore[type-arg]
    trace = run(
        "drive d 1M\ndrive n 1M format=null-co\nbitmap-add d.b persistent\n"
        f"{REOPEN.format('true', CHANGED)} fails \"Cannot change the option 'size'\"\n"
        "bitmap-clear d.b fails \"Bitmap 'b' is readonly and cannot be modified\"\n"
        'write d 0+64K fails "Operation not permitted"\n'
        f"{REOPEN.format('false', '')}\nwrite d 0+64K\nbitmap-clear d.b\n",
        as_is=True,
    )

    assert findings(trace) == []
