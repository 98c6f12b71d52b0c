"""What an action's words come to: QMP's data for it, and the place of each member."""

from __future__ import annotations

from typing import Any

import pytest

from tests.binding import plan_of
from txsh.actions.step import Act, BoundAction


def only_action(text: str) -> BoundAction:
    step = plan_of(text).steps[-1]
    assert isinstance(step, Act)
    return step.action


@pytest.mark.parametrize(
    ("text", "qmp", "arguments"),
    [
        ("bitmap-add drive0.b0", "block-dirty-bitmap-add", {"node": "drive0", "name": "b0"}),
        (
            "bitmap-add drive0.b0 granularity=32K persistent disabled=false",
            "block-dirty-bitmap-add",
            {"node": "drive0", "name": "b0", "granularity": 32768, "persistent": True, "disabled": False},
        ),
        ("bitmap-remove drive0.b0", "block-dirty-bitmap-remove", {"node": "drive0", "name": "b0"}),
        ("bitmap-clear drive0.b0", "block-dirty-bitmap-clear", {"node": "drive0", "name": "b0"}),
        ("bitmap-enable drive0.b0", "block-dirty-bitmap-enable", {"node": "drive0", "name": "b0"}),
        ("bitmap-disable drive0.b0", "block-dirty-bitmap-disable", {"node": "drive0", "name": "b0"}),
        ('bitmap-clear "drive0"."odd.name"', "block-dirty-bitmap-clear", {"node": "drive0", "name": "odd.name"}),
        (
            "bitmap-merge drive0.b0 from=b1",
            "block-dirty-bitmap-merge",
            {"node": "drive0", "target": "b0", "bitmaps": ["b1"]},
        ),
        (
            "bitmap-merge drive0.b0 from=[b1, drive1.b0]",
            "block-dirty-bitmap-merge",
            {"node": "drive0", "target": "b0", "bitmaps": ["b1", {"node": "drive1", "name": "b0"}]},
        ),
        (
            "backup drive0 to=drive1",
            "blockdev-backup",
            {"job-id": "drive0", "device": "drive0", "target": "drive1", "sync": "full"},
        ),
        (
            "backup drive0 to=drive1 bitmap=b0 job=j",
            "blockdev-backup",
            {"job-id": "j", "device": "drive0", "target": "drive1", "sync": "incremental", "bitmap": "b0"},
        ),
        (
            "backup drive0 to=drive1 sync=bitmap bitmap=b0 bitmap-mode=never",
            "blockdev-backup",
            {
                "job-id": "drive0",
                "device": "drive0",
                "target": "drive1",
                "sync": "bitmap",
                "bitmap": "b0",
                "bitmap-mode": "never",
            },
        ),
        (
            """backup drive0 to=drive1 speed=1M compress on-source-error=stop on-target-error=enospc \\
            auto-finalize=false auto-dismiss=false filter-node-name=f \\
            x-perf.max-workers=1 x-perf.max-chunk=64K x-perf.use-copy-range""",
            "blockdev-backup",
            {
                "job-id": "drive0",
                "device": "drive0",
                "target": "drive1",
                "sync": "full",
                "speed": 1048576,
                "compress": True,
                "on-source-error": "stop",
                "on-target-error": "enospc",
                "auto-finalize": False,
                "auto-dismiss": False,
                "filter-node-name": "f",
                "x-perf": {"use-copy-range": True, "max-workers": 1, "max-chunk": 65536},
            },
        ),
        (
            'backup drive0 to=drive1 x-perf={"max-chunk": 64K}',
            "blockdev-backup",
            {
                "job-id": "drive0",
                "device": "drive0",
                "target": "drive1",
                "sync": "full",
                "x-perf": {"max-chunk": 65536},
            },
        ),
    ],
)
def test_an_action_becomes_its_qmp(text: str, qmp: str, arguments: dict[str, Any]) -> None:
    action = only_action(text)

    assert action.action.qmp == qmp
    assert action.arguments == arguments


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("block-dirty-bitmap-clear node=drive0 name=b0", {"node": "drive0", "name": "b0"}),
        ("block-dirty-bitmap-clear node=drive0 name=0.123", {"node": "drive0", "name": "0.123"}),
        ("blockdev-backup device=drive0 sync=full", {"device": "drive0", "sync": "full"}),
        (
            'block-dirty-bitmap-merge node=drive0 target=b bitmaps=[a, {"node": "drive1", "name": "c"}]',
            {"node": "drive0", "target": "b", "bitmaps": ["a", {"node": "drive1", "name": "c"}]},
        ),
    ],
)
def test_an_action_spelled_by_qmps_name_has_qmps_defaults(text: str, arguments: dict[str, Any]) -> None:
    action = only_action(text)

    assert action.arguments == arguments


def test_the_place_of_every_qmp_member_is_known() -> None:
    action = only_action("backup drive0 bitmap=b0 to=drive1 x-perf.max-chunk=1M")

    assert {member: span.text for member, span in action.spans.items()} == {
        "device": "drive0",
        "bitmap": "bitmap=b0",
        "target": "to=drive1",
        "x-perf.max-chunk": "x-perf.max-chunk=1M",
    }


def test_hold_is_no_part_of_the_qmp() -> None:
    action = only_action("backup drive0 to=drive1 hold=128K")

    assert action.hold_bytes == 131072
    assert "hold" not in action.arguments
