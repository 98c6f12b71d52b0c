"""Drives of a QEMU attached to: the name of a device stands for its node, whether that has a name of its own or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.session.play import findings
from txsh.backends.base import Image, run_now
from txsh.backends.sim.backend import SimBackend
from txsh.check.known import Known
from txsh.check.plan import bind
from txsh.session.session import Session
from txsh.session.standing import take_in
from txsh.syntax.parser import parse
from txsh.syntax.source import Source

if TYPE_CHECKING:
    from txsh.model.trace import Trace

UNNAMED = "if=none,id=drive0,file=a.qcow2,format=qcow2"
NAMED = f"{UNNAMED},node-name=n"


def attached(text: str, drive: str, version: tuple[int, int] = (7, 2)) -> Trace:
    """Run a script on a simulated QEMU that has a drive already."""
    backend = SimBackend(version, "qemu-system", arguments=("-drive", drive))
    run_now(backend.host.create_image(Image("a.qcow2", "qcow2", 1 << 20)))
    session = Session(backend, backend.host)

    async def play() -> None:
        standing = await take_in(session)
        known = Known(
            nodes=standing.nodes, jobs=standing.jobs, version=backend.version, program=backend.program, attached=True
        )
        script, unreadable = parse(Source("test.txsh", text))
        plan, wrong = bind(script, known=known)
        assert plan is not None, (unreadable, wrong)
        await session.run(plan)
        await session.finish()

    run_now(play())
    return session.trace


@pytest.mark.parametrize("drive", [NAMED, UNNAMED])
def test_a_guard_finds_the_node_behind_a_device(drive: str) -> None:
    trace = attached("bitmap-add drive0.b\ntransaction < bitmap-enable drive0.b; bitmap-clear drive0.b >\n", drive)

    assert findings(trace) == []


@pytest.mark.parametrize("drive", [NAMED, UNNAMED])
def test_a_guard_refuses_for_a_device_what_it_refuses_for_a_node(drive: str) -> None:
    trace = attached("bitmap-add drive0.b\ntransaction < bitmap-enable drive0.b; bitmap-clear drive0.c >\n", drive)

    assert [diagnostic.message for diagnostic in trace.diagnostics] == ["Dirty bitmap 'c' not found"]
    assert "not sent" in (trace.diagnostics[0].help or "")


@pytest.mark.parametrize("drive", [NAMED, UNNAMED])
def test_a_group_works_on_the_node_behind_a_device(drive: str) -> None:
    text = (
        "target t 1M\nbitmap-add drive0.b\ntransaction cancel=all < bitmap-clear drive0.b; backup drive0 to=t >\nwait\n"
    )

    trace = attached(text, drive)

    assert findings(trace) == []
    assert [group.outcome for group in trace.groups] == ["committed"]


@pytest.mark.parametrize("name", ["drive0", "n"])
def test_a_job_without_an_id_has_that_of_the_device(name: str) -> None:
    add = "qmp blockdev-add driver=null-co node-name=t size=1M\n"
    text = f"{add}qmp block-dirty-bitmap-add node=n name=b\nqmp " + (
        '{"execute": "transaction", "arguments": {"actions": [{"type": "blockdev-backup", "data": {"device": "NAME", '
        '"target": "t", "sync": "bitmap", "bitmap": "b", "bitmap-mode": "always"}}]}}'
    ).replace("NAME", name)

    trace = attached(f"{text}\n", NAMED)

    assert findings(trace) == []
    assert [job.id for job in trace.jobs] == ["drive0"]


@pytest.mark.parametrize("name", ["drive0", "n"])
def test_the_action_to_blame_is_found_by_either_name(name: str) -> None:
    text = f"bitmap-add {name}.b\ntransaction < bitmap-add {name}.c; bitmap-add {name}.b >\n"

    (diagnostic,) = attached(text, NAMED).diagnostics

    assert diagnostic.message == "Bitmap already exists: b"
    assert diagnostic.span.text == f"bitmap-add {name}.b"


def test_the_size_of_a_drive_is_that_of_its_node() -> None:
    trace = attached("target t 1M\nbackup drive0 to=t\nwait\n", NAMED)

    assert [(job.id, job.length) for job in trace.jobs] == [("drive0", 1 << 20)]
