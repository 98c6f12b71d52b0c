"""Guards of raw QMP, and of what runs in an iothread: on the versions concerned, and on no other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.session.conftest import VERSIONS
from tests.session.play import findings, play, play_live, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from txsh.model.trace import Trace

EVERYWHERE = pytest.mark.parametrize(
    "run",
    [
        *(pytest.param(partial(play, version=version), id=name) for name, version in VERSIONS.items()),
        pytest.param(play_live, id="qsd", marks=pytest.mark.live),
    ],
)
WORLD = "drive d 1M\ndrive e 1M\ntarget t 1M\ntarget u 1M\nbitmap-add d.b\n"
IOTHREAD = f"{WORLD}qmp object-add qom-type=iothread id=io\n"
SERVER = 'qmp nbd-server-start addr={"type": "unix", "data": {"path": "nbd.sock"}}\n'
EXPORT = f"{IOTHREAD}{SERVER}qmp block-export-add type=nbd id=x node-name=d writable=true iothread=io\n"
FIXED = EXPORT.replace("iothread=io", "iothread=io fixed-iothread=true")
MOVED = f"{IOTHREAD}qmp x-blockdev-set-iothread node-name=d iothread=io force=true\n"


@EVERYWHERE
@pytest.mark.parametrize("driver", ["null-co", "null-aio"])
def test_a_null_device_of_negative_size_is_refused_in_the_words_for_a_raw_one(
    run: Callable[..., Trace], driver: str
) -> None:
    alone = run("qmp blockdev-add driver=raw size=-3 file.driver=null-co node-name=r fails\n")
    said = next(exchange.error for exchange in alone.exchanges if exchange.command == "blockdev-add")
    assert said is not None

    trace = run(
        f'qmp blockdev-add driver={driver} size=-3 node-name=n fails "{said.description}"\n'
        f'qmp blockdev-add driver=raw file.driver={driver} file.size=-3 node-name=n fails "{said.description}"\n'
    )

    assert findings(trace) == []
    assert "blockdev-add" not in sent(trace)


@EVERYWHERE
def test_a_null_device_of_negative_size_kills_qemu(run: Callable[..., Trace]) -> None:
    assert run("qmp blockdev-add driver=null-co size=-1 node-name=n\n", as_is=True).verdict.word == "lost"


RAW = [
    (
        '{"type": "block-dirty-bitmap-enable", "data": {"node": "d", "name": "nope"}}',
        "Dirty bitmap 'nope' not found",
    ),
    (
        '{"type": "block-dirty-bitmap-merge", "data": {"node": "d", "target": "b", "bitmaps": []}}',
        "*at least one bitmap",
    ),
]


@EVERYWHERE
@pytest.mark.parametrize(("action", "text"), RAW, ids=[text for _, text in RAW])
def test_a_raw_transaction_is_guarded_as_any(run: Callable[..., Trace], action: str, text: str) -> None:
    trace = run(f'{WORLD}qmp {{"execute": "transaction", "arguments": {{"actions": [{action}]}}}} fails "{text}"\n')

    assert findings(trace) == []
    assert "transaction" not in sent(trace)


REOPEN = (
    'qmp {{"execute": "blockdev-reopen", "arguments": {{"options": '
    '[{{"driver": "qcow2", "node-name": "d", "file": "d-file", "read-only": {}}}]}}}}\n'
)


@EVERYWHERE
def test_a_reopen_to_read_only_is_warned_of_once_when_it_has_bitmaps_to_lose(run: Callable[..., Trace]) -> None:
    close, open_again = REOPEN.format("true"), REOPEN.format("false")

    assert findings(run(f"{WORLD}{close}{open_again}")) == []
    trace = run(f"{WORLD}bitmap-add d.p persistent\n{open_again}{close}{close}{open_again}{close}")
    assert findings(trace) == ["reopen-to-read-only"]
    assert trace.diagnostics[0].severity == "warning"


TRANSACTIONS = ["transaction < bitmap-clear d.b >", "transaction cancel=all < bitmap-clear d.b; backup e to=u >"]


@EVERYWHERE
@pytest.mark.parametrize("line", TRANSACTIONS)
def test_a_transaction_beside_an_export_in_an_iothread_is_refused_where_it_may_kill(
    run: Callable[..., Trace], line: str
) -> None:
    first = run(f"{EXPORT}{line} fails\n")
    again = run(f"{EXPORT}qmp block-export-del id=x\n{line}\nwait\n")

    kills = first.version < (10, 0)
    assert findings(first) == ([] if kills else ["not-refused"])
    assert findings(again) == []
    assert all(exchange.command != "transaction" for exchange in first.exchanges) == kills


@EVERYWHERE
@pytest.mark.parametrize("world", [EXPORT, MOVED], ids=["by an export", "by itself"])
@pytest.mark.parametrize(
    "line", ["backup d to=t", "backup d-file to=t", "qmp blockdev-backup device=d target=t sync=full job-id=j"]
)
def test_a_backup_in_an_iothread_is_refused_where_it_kills(run: Callable[..., Trace], world: str, line: str) -> None:
    trace = run(f"{world}{line} fails \"*runs in iothread 'io'*\"\n", finish=False)

    assert findings(trace) == ([] if trace.version >= (10, 0) else findings(trace))
    assert ("blockdev-backup" in sent(trace)) == (trace.version < (10, 0))


@EVERYWHERE
@pytest.mark.parametrize("world", [EXPORT, MOVED], ids=["by an export", "by itself"])
def test_a_backup_in_an_iothread_kills_where_it_is_refused(run: Callable[..., Trace], world: str) -> None:
    trace = run(f"{world}backup d to=t\n", as_is=True)

    assert (trace.verdict.word == "lost") == (trace.version >= (10, 0))


@EVERYWHERE
def test_a_backup_of_what_stays_in_its_iothread_is_safe(run: Callable[..., Trace]) -> None:
    trace = run(f"{FIXED}backup d to=t\nwait\nexpect job d completed\n")

    # The simulator has no model of a job that works in an iothread.
    assert findings(trace) == (["not-simulated"] if trace.backend.startswith("sim") else [])


@EVERYWHERE
def test_a_refusal_that_loses_writes_in_an_iothread_is_warned_of(run: Callable[..., Trace]) -> None:
    assert findings(run(f"{MOVED}transaction < bitmap-clear d.b; bitmap-disable d.b >\n")) == ["rollback-in-iothread"]
    assert findings(run(f"{MOVED}transaction < bitmap-disable d.b; bitmap-clear d.b >\n")) == []
    assert findings(run(f"{WORLD}transaction < bitmap-clear d.b; bitmap-disable d.b >\n")) == []


LARGE = [
    "backup d to=t{}",
    "transaction < backup d to=t{} >",
    "transaction cancel=all < backup d to=t{}; bitmap-add d.n >",
]


@EVERYWHERE
@pytest.mark.parametrize("line", LARGE)
def test_a_backup_in_clusters_that_no_memory_holds_is_refused_and_kills(run: Callable[..., Trace], line: str) -> None:
    small = run(f"{WORLD}{line.format('')}\nwait\n")
    text = f'{WORLD}{line.format(" x-perf.min-cluster-size=256M")} fails "*"\n'

    assert findings(small) == []
    assert findings(run(text)) == []
    if small.version >= (10, 0):
        assert run(text, as_is=True).verdict.word == "lost"
