"""What a script would lose of what was there before it, on a QEMU that somebody else runs."""

from __future__ import annotations

import pytest

from tests.binding import plan_of
from txsh.check.known import Known
from txsh.check.loss import Standing, losses

THERE = Standing(
    nodes=frozenset(("d", "e")),
    jobs=frozenset(("j",)),
    exports=frozenset(("x", "e")),
    bitmaps=frozenset((("d", "b"), ("e", "b"))),
)
KNOWN = Known(nodes=THERE.nodes, jobs=THERE.jobs, version=(7, 2), program="qemu-system", attached=True)

RAW = """{"execute": "transaction", "arguments": {"actions": [
    {"type": "abort", "data": {}}, {"type": "block-dirty-bitmap-remove", "data": {"node": "d", "name": "b"}}
]}}"""

WRITE_OVER = "write over 0+64K"


def lost(text: str) -> list[str]:
    return [loss.words for loss in losses((plan_of(text, KNOWN),), THERE)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bitmap-clear d.b", ["forgets the dirty bits of bitmap d.b"]),
        ("bitmap-remove d.b", ["removes bitmap d.b"]),
        ("bitmap-disable d.b", ["stops the recording of bitmap d.b"]),
        ("bitmap-enable d.b", []),
        ("bitmap-merge d.b from=e.b", []),
        ("bitmap-add d.c; bitmap-clear d.c; bitmap-remove d.c", []),
        ("transaction < bitmap-add d.c; bitmap-remove d.b; bitmap-clear e.b >", [
            "removes bitmap d.b",
            "forgets the dirty bits of bitmap e.b",
        ]),
        ("transaction < bitmap-clear d.b > fails", ["forgets the dirty bits of bitmap d.b"]),
        ('qmp {"execute": "blockdev-del", "arguments": {"node-name": ["d"]}} fails', []),
        ('qmp {"execute": "block-dirty-bitmap-clear", "arguments": {"node": ["d"], "name": {}}} fails', []),
        (f"qmp blockdev-add driver=raw node-name=over file=d; {WRITE_OVER}", ["overwrites node over"]),
        (f"qmp blockdev-add driver=raw node-name=over file=d read-only=true; {WRITE_OVER}", []),
        ("qmp blockdev-add driver=file node-name=f filename=x; backup d to=f", ["overwrites node f"]),
        ("qmp blockdev-add driver=raw node-name=over file=d; qmp blockdev-del node-name=over", []),
        (f"drive own 1M; qmp blockdev-add driver=raw node-name=over file=own; {WRITE_OVER}", []),
        ("qmp quit fails", ["may lose something by 'quit'"]),
        ('qmp human-monitor-command command-line="info block -n"', []),
        ('qmp human-monitor-command command-line="commit all"', ["may lose something by 'human-monitor-command'"]),
        ("write d 0+64K fails", ["overwrites node d"]),
        ("write d 0+1", ["overwrites node d"]),
        ("zero d 0+1; discard e 0+1", ["overwrites node d", "discards data of node e"]),
        ("read d 0+1; flush d; remember m d; show", []),
        ("drive own 1M; write own 0+1; bitmap-add own.b; bitmap-clear own.b", []),
        ("backup d to=e", ["overwrites node e"]),
        ("target t 1M; backup d to=t bitmap=b", ["when it succeeds, empties bitmap d.b"]),
        ("target t 1M; backup d to=t bitmap=b sync=bitmap bitmap-mode=never", []),
        ("fault d write", ["fails guest I/O of node d"]),
        ("cancel j", ["ends job j"]),
        ("stop; cont", ["stops the guest"]),
        ("unexport e", ["ends export e"]),
        ("export d bitmaps=[b] writable; unexport d", []),
        ("dismiss j", ["takes away job j"]),
        ("pause j; resume j; wait j", []),
        ("qmp block-dirty-bitmap-clear node=d name=b", ["forgets the dirty bits of bitmap d.b"]),
        ("qmp blockdev-del node-name=d", ["takes away node d"]),
        ("qmp block-export-del id=x", ["ends export x"]),
        ("qmp query-block; qmp query-jobs; qmp block-dirty-bitmap-add node=d name=z", []),
        ("qmp quit", ["may lose something by 'quit'"]),
        ("qmp " + RAW, ["removes bitmap d.b"]),
    ],
)  # fmt: skip
def test_only_what_was_there_is_lost(text: str, words: list[str]) -> None:
    assert lost(text) == words
