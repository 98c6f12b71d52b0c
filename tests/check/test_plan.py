"""What correct scripts come to: the steps of a plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.binding import WORLD, only_step, plan_of
from txsh.actions.step import (
    Act,
    Echo,
    Expect,
    Fault,
    Guest,
    JobCommand,
    MakeNode,
    Release,
    Remember,
    Show,
    Step,
    Transact,
    Unfault,
    Wait,
)
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.check.world import NAME, TEXT
from txsh.model.reference import BitmapRef, ByteRange
from txsh.syntax.parser import parse
from txsh.syntax.source import Source


def test_a_first_backup_without_target_makes_one_of_the_same_size() -> None:
    plan = plan_of("backup drive0; backup drive0 job=again; backup drive1")

    made = [step for step in plan.steps if isinstance(step, MakeNode)]
    assert [(step.name, step.role, step.size_bytes, step.size_of, step.implied) for step in made] == [
        ("drive0-target", "target", None, "drive0", True),
        ("drive1-target", "target", None, "drive1", True),
    ]
    assert [type(step) for step in plan.steps] == [MakeNode, Act, Act, MakeNode, Act]


def test_the_targets_of_a_transaction_are_made_before_it() -> None:
    plan = plan_of("transaction < backup drive0; backup drive1 >")

    assert [type(step) for step in plan.steps] == [MakeNode, MakeNode, Transact]


def test_a_declared_target_of_that_name_is_used() -> None:
    plan = plan_of("target drive0-target 64M cluster=128K; backup drive0")

    assert [type(step) for step in plan.steps] == [MakeNode, Act]


def test_a_refused_backup_of_an_unknown_node_makes_no_target() -> None:
    plan = plan_of("backup nowhere fails \"Cannot find device='nowhere' nor node-name='nowhere'\"")

    (step,) = plan.steps
    assert isinstance(step, Act)
    assert step.action.arguments["target"] == "nowhere-target"


def test_a_transaction_keeps_its_actions_in_order_and_its_options() -> None:
    step = only_step('transaction cancel=all < bitmap-clear drive0.a; abort; bitmap-add drive1.b > fails "x*"')

    assert isinstance(step, Transact)
    assert [action.action.verb for action in step.actions] == ["bitmap-clear", "abort", "bitmap-add"]
    assert [action.span.text for action in step.actions] == ["bitmap-clear drive0.a", "abort", "bitmap-add drive1.b"]
    assert (step.cancel, step.completion_mode) == ("all", None)
    assert step.keyword_span.text == "transaction"
    assert step.fails is not None
    assert step.fails.pattern == "x*"


@pytest.mark.parametrize(
    ("options", "cancel", "mode"),
    [
        ("", "none", None),
        ("cancel=none", "none", None),
        ("cancel=jobs", "jobs", None),
        ("completion-mode=individual", "none", "individual"),
        ("completion-mode=grouped", "none", "grouped"),
    ],
)
def test_the_options_of_a_transaction(options: str, cancel: str, mode: str | None) -> None:
    step = only_step(f"transaction {options} < >")

    assert isinstance(step, Transact)
    assert (step.actions, step.cancel, step.completion_mode) == ((), cancel, mode)


def test_fails_alone_means_any_refusal() -> None:
    step = only_step("bitmap-clear drive0.nope fails")

    assert isinstance(step, Act)
    assert step.fails is not None
    assert step.fails.pattern is None
    assert step.fails.span.text == "fails"


def without_places(step: Step) -> tuple[Any, ...]:
    return tuple(getattr(step, name) for name in step._fields if name not in {"span", "spans", "fails"})


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("write drive0 0+128K", Guest, ("write", "drive0", ByteRange(0, 131072), 0xCD, False)),
        ("write drive0 1M+1 pattern=0xab", Guest, ("write", "drive0", ByteRange(2**20, 1), 0xAB, False)),
        ("zero drive0 0+1", Guest, ("zero", "drive0", ByteRange(0, 1), None, False)),
        ("zero drive0 0+1 unmap", Guest, ("zero", "drive0", ByteRange(0, 1), None, True)),
        ("discard drive0 0+1", Guest, ("discard", "drive0", ByteRange(0, 1), None, False)),
        ("read drive0 0+1", Guest, ("read", "drive0", ByteRange(0, 1), None, False)),
        ("read drive0 0+1 pattern=0", Guest, ("read", "drive0", ByteRange(0, 1), 0, False)),
        ("flush drive0", Guest, ("flush", "drive0", None, None, False)),
        ("fault drive0 read", Fault, ("drive0", "read", None, 0, "EIO", False)),
        ("fault drive0 write at=64K after=2 errno=ENOSPC once", Fault, ("drive0", "write", 65536, 2, "ENOSPC", True)),
        ("unfault drive0", Unfault, ("drive0",)),
        ("remember before drive0", Remember, ("before", "drive0")),
        ("wait", Wait, ((), "concluded", None)),
        ("wait j0 timeout=250ms for=pending", Wait, (("j0",), "pending", 250_000)),
        ("cancel j0", JobCommand, ("cancel", "job-cancel", "j0", {"id": "j0"})),
        ("pause j0", JobCommand, ("pause", "job-pause", "j0", {"id": "j0"})),
        ("resume j0", JobCommand, ("resume", "job-resume", "j0", {"id": "j0"})),
        ("finalize j0", JobCommand, ("finalize", "job-finalize", "j0", {"id": "j0"})),
        ("complete j0", JobCommand, ("complete", "job-complete", "j0", {"id": "j0"})),
        ("dismiss j0", JobCommand, ("dismiss", "job-dismiss", "j0", {"id": "j0"})),
        ("speed j0 1M", JobCommand, ("speed", "block-job-set-speed", "j0", {"device": "j0", "speed": 2**20})),
        ("speed j0 -1", JobCommand, ("speed", "block-job-set-speed", "j0", {"device": "j0", "speed": -1})),
        ("release j0", Release, ("j0",)),
        ("show", Show, (None,)),
        ("show bitmaps", Show, ("bitmaps",)),
        ("show j0", Show, ("j0",)),
        ('echo "two words"', Echo, ("two words",)),
        ("echo 0.123", Echo, ("0.123",)),
        (
            "expect bitmap drive0.b0 dirty=[0+64K, 1M+1] count=64K recording busy=false",
            Expect,
            (
                "bitmap",
                {
                    "target": BitmapRef("drive0", "b0"),
                    "dirty": (ByteRange(0, 65536), ByteRange(2**20, 1)),
                    "count": 65536,
                    "recording": True,
                    "busy": False,
                },
            ),
        ),
        ("expect no bitmap drive0.b0", Expect, ("no-bitmap", {"target": BitmapRef("drive0", "b0")})),
        ('expect job j0 failed "x"', Expect, ("job", {"job": "j0", "state": "failed", "error": "x"})),
        ("expect job j0 paused offset=1M", Expect, ("job", {"job": "j0", "state": "paused", "offset": 2**20})),
        ("expect node drive0 backing=drive1", Expect, ("node", {"node": "drive0", "backing": "drive1"})),
        ("expect no node other", Expect, ("no-node", {"node": "other"})),
        (
            "expect event BLOCK_JOB_COMPLETED device=j1 len=64M",
            Expect,
            ("event", {"event": "BLOCK_JOB_COMPLETED", "members": {"device": "j1", "len": 2**26}}),
        ),
        ("expect no event BLOCK_JOB_ERROR", Expect, ("no-event", {"event": "BLOCK_JOB_ERROR"})),
        ("expect data drive0 same=full", Expect, ("data", {"node": "drive0", "same": "full"})),
        (
            "expect data drive0 0+1 pattern=255",
            Expect,
            ("data", {"node": "drive0", "range": ByteRange(0, 1), "pattern": 255}),
        ),
        ("expect group committed", Expect, ("group", {"outcome": "committed"})),
        ('expect group cancelled "*"', Expect, ("group", {"outcome": "cancelled", "reason": "*"})),
    ],
)
def test_a_statement_becomes_its_step(text: str, kind: type[Step], values: tuple[Any, ...]) -> None:
    step = only_step(text)

    assert type(step) is kind
    assert without_places(step) == values
    assert step.span.text == text


def test_a_drive_has_its_options() -> None:
    step = only_step("drive d 1G format=qcow2 cluster=128K backing=drive0 readonly compat=v2 discard=unmap")

    assert isinstance(step, MakeNode)
    assert step == MakeNode(
        name="d",
        role="drive",
        size_bytes=2**30,
        span=step.span,
        format="qcow2",
        cluster_bytes=131072,
        backing="drive0",
        readonly=True,
        compat="v2",
        discard=True,
    )


def test_a_target_is_a_drive_in_another_role() -> None:
    step = only_step("target t 64M format=raw")

    assert isinstance(step, MakeNode)
    assert (step.role, step.format, step.implied) == ("target", "raw", False)


def test_the_world_of_a_prompt_binds_with_nothing_known_and_leaves_its_names() -> None:
    script, mistakes = parse(Source(NAME, TEXT))
    plan, findings = bind(script)

    assert (mistakes, findings) == ([], [])
    assert plan is not None
    assert Known().after(plan) == Known(nodes=frozenset({"drive0", "drive1"}))


def test_what_a_plan_declares_is_known_to_the_text_after_it() -> None:
    plan = plan_of(
        "drive d 64M; remember r drive0; drive refused 1M backing=drive0 fails\n"
        "transaction < backup drive0 filter-node-name=f; backup drive1 job=j1 >"
    )

    known = WORLD.after(plan)

    assert known.nodes == {"drive0", "drive1", "d", "f", "drive0-target", "drive1-target"}
    assert known.jobs == {"j0", "j1", "drive0"}
    assert known.remembered == {"full", "r"}


def test_a_plan_keeps_the_source_it_came_from() -> None:
    assert plan_of("show").sources[-1].text == "show"


@pytest.mark.parametrize(
    ("count", "advice"),
    [
        (1, "that QEMU has n0"),
        (9, "that QEMU has n0, n1, n2, n3, n4, n5, n6, n7 and 1 more: see 'show nodes'"),
        (0, "declare it before: drive nowhere 64M"),
    ],
)
def test_an_unknown_node_of_a_qemu_attached_to_is_told_with_those_that_there_are(count: int, advice: str) -> None:
    known = Known(nodes=frozenset(f"n{number}" for number in range(count)), attached=True)
    script, _ = parse(Source("test.txsh", "flush nowhere\n"))

    _, (finding,) = bind(script, known=known)

    assert (finding.name, finding.help) == ("unknown-node", advice)
