"""A running QEMU is asked what it has, before raw QMP is held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from txsh.backends.base import CommandFailed, run_now
from txsh.backends.sim.backend import SimBackend
from txsh.schema import table as tables
from txsh.schema.recorded import nearest
from txsh.schema.visitor import refusal
from txsh.session.schema import learn_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_at_hand() -> Iterator[None]:
    yield
    tables._AT_HAND.clear()  # noqa: SLF001  # what a process met stays with it


class Unrecorded:
    """A QEMU of a version that was never recorded, which has what 11.1 has."""

    version = (10, 1)
    program = "qsd"

    async def execute(self, command: str, arguments: dict[str, Any], *, look: bool) -> Any:
        assert look
        return await SimBackend((11, 1), "qsd").execute(command, arguments, look=look)


class Silent(Unrecorded):
    """One that does not tell."""

    async def execute(self, command: str, arguments: dict[str, Any], *, look: bool) -> Any:
        del arguments, look
        raise CommandFailed("CommandNotFound", f"The command {command} has not been found")


def test_what_it_says_of_itself_is_its_schema() -> None:
    run_now(learn_schema(Unrecorded()))  # type: ignore[arg-type]  # as much of a backend as is asked

    assert nearest((10, 1), "qsd") == (10, 1)
    assert refusal((10, 1), "qsd", "qom-list-get", {"paths": []}) is None


def test_a_recorded_one_stands_for_a_qemu_that_does_not_tell() -> None:
    run_now(learn_schema(Silent()))  # type: ignore[arg-type]  # as much of a backend as is asked

    assert nearest((10, 1), "qsd") == (10, 0)


@pytest.mark.parametrize(
    "entries",
    [
        {},
        None,
        "text",
        [1],
        [{}],
        [{"name": "a"}],
        [{"name": "a", "meta-type": "command"}],
        [{"name": 1, "meta-type": "x"}],
    ],
)
def test_a_recorded_one_stands_for_what_answers_something_else(entries: Any) -> None:
    class Foreign(Unrecorded):
        async def execute(self, command: str, arguments: dict[str, Any], *, look: bool) -> Any:
            del command, arguments, look
            return entries

    run_now(learn_schema(Foreign()))  # type: ignore[arg-type]  # as much of a backend as is asked

    assert refusal(nearest((10, 1), "qsd"), "qsd", "query-jobs", {}) is None
