"""Both tables of jobs, cell by cell. Source: QEMU job.c, JobSTT and JobVerbTable."""

from __future__ import annotations

import pytest

from tests.backends.sim.lab import Lab
from txsh.backends.base import CommandFailed
from txsh.backends.sim.job import Job
from txsh.backends.sim.job_driver import JobDriver

STATES = (
    "undefined created running paused ready standby waiting pending aborting concluded null".split()  # noqa: SIM905
)
TRANSITIONS = {
    "undefined": "0 1 0 0 0 0 0 0 0 0 0",
    "created": "0 0 1 0 0 0 0 0 1 0 1",
    "running": "0 0 0 1 1 0 1 0 1 0 0",
    "paused": "0 0 1 0 0 0 0 0 0 0 0",
    "ready": "0 0 0 0 0 1 1 0 1 0 0",
    "standby": "0 0 0 0 1 0 0 0 0 0 0",
    "waiting": "0 0 0 0 0 0 0 1 1 0 0",
    "pending": "0 0 0 0 0 0 0 0 1 1 0",
    "aborting": "0 0 0 0 0 0 0 0 1 1 0",
    "concluded": "0 0 0 0 0 0 0 0 0 0 1",
    "null": "0 0 0 0 0 0 0 0 0 0 0",
}
VERBS = {
    "cancel": "0 1 1 1 1 1 1 1 0 0 0",
    "pause": "0 1 1 1 1 1 0 0 0 0 0",
    "resume": "0 1 1 1 1 1 0 0 0 0 0",
    "set-speed": "0 1 1 1 1 1 0 0 0 0 0",
    "complete": "0 0 0 0 1 1 0 0 0 0 0",
    "finalize": "0 0 0 0 0 0 0 1 0 0 0",
    "dismiss": "0 0 0 0 0 0 0 0 0 1 0",
    "change": "0 1 1 1 1 1 0 0 0 0 0",
}


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        (old, new, mark == "1")
        for old, row in TRANSITIONS.items()
        for new, mark in zip(STATES, row.split(), strict=True)
    ],
)
def test_a_state_changes_only_as_the_table_allows(old: str, new: str, allowed: bool) -> None:  # noqa: FBT001
    job = _job()
    job.status = old
    if allowed:
        job.transition(new)
        assert job.status == new
    else:
        with pytest.raises(AssertionError):
            job.transition(new)


@pytest.mark.parametrize(
    ("verb", "state", "allowed"),
    [
        (verb, state, mark == "1")
        for verb, row in VERBS.items()
        for state, mark in zip(STATES, row.split(), strict=True)
    ],
)
def test_a_verb_is_accepted_only_as_the_table_allows(verb: str, state: str, allowed: bool) -> None:  # noqa: FBT001
    job = _job()
    job.status = state
    if allowed:
        job.apply_verb(verb)
    else:
        with pytest.raises(CommandFailed) as caught:
            job.apply_verb(verb)
        assert caught.value.description == f"Job 'j' in state '{state}' cannot accept command verb '{verb}'"


def test_staying_in_a_state_is_not_told() -> None:
    job = _job()
    job.status = "aborting"
    job.world.events.clear()
    job.transition("aborting")
    assert job.world.events == []


def _job() -> Job:
    return Job(Lab().backend.world, "j", JobDriver(), None, auto_finalize=True, auto_dismiss=True)
