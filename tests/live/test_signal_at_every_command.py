"""A signal right after any command of a group, before its answer is taken in: the group has happened or it has not."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.live.backend import LiveBackend
from txsh.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.live

SCRIPT = """\
drive d 1M
drive e 1M
target t 1M
target u 1M
bitmap-add d.b
bitmap-add e.b
write d 0+1M
write e 0+64K
transaction cancel=all < bitmap-clear e.b; backup d to=t bitmap=b job=j; backup e to=u job=k >
wait
"""
EXTENTS: dict[str, list[dict[str, int]]] = {"committed": [], "cancelled": [{"offset": 0, "length": 65536}]}
JOBS = {"committed": {"completed"}, "cancelled": {"cancelled"}}


def test_a_group_has_happened_or_it_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.txsh"
    path.write_text(SCRIPT)
    send = LiveBackend.send
    place = 0
    left = 0
    begun = False

    async def send_and_signal(backend: LiveBackend, command: str, arguments: Mapping[str, Any], *, look: bool) -> Any:
        nonlocal left, begun
        try:
            return await send(backend, command, arguments, look=look)
        finally:
            begun = begun or command == "transaction"
            left -= begun
            if begun and left == 0:
                signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(LiveBackend, "send", send_and_signal)
    seen = set()
    while left <= 0:
        place += 1
        left, begun = place, False
        code = main(["--format", "json", "-b", "qsd", "run", str(path)])
        output, error = capsys.readouterr()
        trace = json.loads(output)
        if left > 0:
            assert (code, trace["verdict"]["word"]) == (0, "passed")
            continue
        assert (code, trace["exit_code"], error) == (143, 143, ""), place
        outcomes = {job["outcome"] for job in trace["jobs"]}
        for group in trace["groups"]:
            seen.add(group["outcome"])
            assert trace["extents"]["e.b"] == EXTENTS[group["outcome"]], place
            assert outcomes <= JOBS[group["outcome"]], place
        assert not [name for name in trace["bitmaps"] if "txsh:" in name], place
    assert seen == {"committed", "cancelled"}
