"""What -b names."""

from __future__ import annotations

import pytest

from txsh.backends.sim.profile import DEFAULT
from txsh.cli.arguments import UsageError
from txsh.cli.backend import BackendName, open_simulator, read_backend


def test_the_simulator_of_the_newest_profile_is_the_default() -> None:
    assert read_backend(None) == read_backend("sim") == BackendName(None)
    assert open_simulator(BackendName(None)).version == DEFAULT.version


def test_a_version_names_a_profile_of_the_simulator() -> None:
    name = read_backend("sim:7.2")
    assert open_simulator(name).version == (7, 2)


def test_the_launched_backends_are_named_by_their_program() -> None:
    assert read_backend("qemu").program == "qemu-system"
    assert read_backend("qsd").program == "qsd"


@pytest.mark.parametrize("word", ["", "qmp:/tmp/x", "replay:x", "SIM", "qemu:7.2", "simulator"])
def test_an_unknown_backend_is_told_which_there_are(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_backend(word)
    assert caught.value.message == f"no backend is called '{word}'"
    assert caught.value.advice == "there are: sim, sim:7.2, sim:10.0, sim:11.1, qemu, qsd"


@pytest.mark.parametrize("version", ["", "7", "7.2.1", "9.0", "x.y"])
def test_an_unknown_profile_is_told_which_are_built(version: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_backend(f"sim:{version}")
    assert caught.value.message == f"the simulator has no profile of QEMU '{version}'"
    assert caught.value.advice == "built: 7.2, 10.0, 11.1"
