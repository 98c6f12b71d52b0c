"""Names of ours behind the user's."""

from __future__ import annotations

import pytest

from tests.session.play import play
from txsh.actions.step import MakeNode, Plan
from txsh.backends.base import run_now
from txsh.backends.sim.backend import SimBackend
from txsh.model.identifier import NODE_NAME_LENGTH_MAX
from txsh.session.naming import Names, derived, is_node_name
from txsh.session.session import Session
from txsh.syntax.source import Source, Span


@pytest.mark.parametrize("name", ["a", "drive0", "my.node", "A-b_c.9", "x" * 31])
def test_a_name_that_qemu_takes_is_a_node_name(name: str) -> None:
    assert is_node_name(name)


@pytest.mark.parametrize("name", ["", "1x", "-a", "a b", "x" * 32, "café", "#block1", "a/b"])
def test_a_name_that_qemu_refuses_is_not(name: str) -> None:
    assert not is_node_name(name)


@pytest.mark.parametrize("name", ["drive0", "x" * 31, "1x", "a b", "é" * 40])
def test_a_derived_name_is_one_that_qemu_takes_and_new(name: str) -> None:
    taken: set[str] = set()
    for _ in range(12):
        made = derived(name, "file", taken)
        assert is_node_name(made)
        assert len(made) <= NODE_NAME_LENGTH_MAX
        assert made not in taken
        taken.add(made)


def test_long_names_with_the_same_beginning_get_different_files() -> None:
    names = Names()
    first, second = "x" * 30 + "a", "x" * 30 + "b"

    assert names.hide(first, "file") != names.hide(second, "file")


def test_ours_makes_way_for_a_name_that_the_script_uses() -> None:
    trace = play("drive d 1M\ndrive d-file 1M\n")

    assert trace.verdict.word == "passed"


def test_a_name_that_qemu_refuses_is_named_in_its_text_and_leaves_nothing() -> None:
    source = Source("test.txsh", "drive 1x 1M")
    step = MakeNode("1x", "drive", 1 << 20, Span(source, 0, 11))
    backend = SimBackend()
    session = Session(backend, backend.host)

    run_now(session.run(Plan((step,), (source,))))

    assert [diagnostic.message for diagnostic in session.trace.diagnostics] == ["Invalid node-name: '1x'"]
    assert run_now(backend.execute("query-named-block-nodes", {})) == []


def test_a_name_taken_is_refused_by_qemu_and_leaves_the_first() -> None:
    trace = play("drive d 1M\ndrive d 2M fails \"Duplicate nodes with node-name='d'\"\nshow nodes\n")

    assert trace.verdict.word == "passed"
    assert trace.statements[-1].output == "d  1M qcow2"


def test_texts_name_the_users_nodes_for_ours() -> None:
    names = Names()
    ours = names.hide("inc1", "fault")

    assert names.tell(f"Node '{ours}' is busy") == "Node 'inc1' is busy"
    assert names.tell("Node 'other' is busy") == "Node 'other' is busy"
