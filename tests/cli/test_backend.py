"""What -b names."""

from __future__ import annotations

import pytest

from txsh.backends.live.address import Address
from txsh.backends.sim.profile import DEFAULT
from txsh.cli.arguments import Arguments, UsageError
from txsh.cli.backend import BackendName, Launch, backend_of, open_simulator, read_backend


def test_the_simulator_of_the_newest_profile_is_the_default() -> None:
    assert read_backend(None) == read_backend("sim") == BackendName(None)
    assert open_simulator(BackendName(None)).version == DEFAULT.version


def test_a_version_names_a_profile_of_the_simulator() -> None:
    name = read_backend("sim:7.2")
    assert open_simulator(name).version == (7, 2)


def test_the_launched_backends_are_named_by_their_program() -> None:
    assert read_backend("qemu").program == "qemu-system"
    assert read_backend("qsd").program == "qsd"


@pytest.mark.parametrize("word", ["", "replay:x", "SIM", "qemu:7.2", "simulator"])
def test_an_unknown_backend_is_told_which_there_are(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_backend(word)
    assert caught.value.message == f"no backend is called '{word}'"
    assert caught.value.advice == "there are: sim, sim:7.2, sim:10.0, sim:11.1, qemu, qsd, qmp:PATH, qmp:HOST:PORT"


@pytest.mark.parametrize("version", ["", "7", "7.2.1", "9.0", "x.y"])
def test_an_unknown_profile_is_told_which_are_built(version: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_backend(f"sim:{version}")
    assert caught.value.message == f"the simulator has no profile of QEMU '{version}'"
    assert caught.value.advice == "built: 7.2, 10.0, 11.1"


@pytest.mark.parametrize(
    ("word", "address"),
    [
        ("qmp:/run/qmp.sock", Address("/run/qmp.sock")),
        ("qmp:qmp.sock", Address("qmp.sock")),
        ("qmp:./a:4444", Address("./a:4444")),
        ("qmp:localhost:4444", Address("", "localhost", 4444)),
        ("qmp:192.0.2.7:1", Address("", "192.0.2.7", 1)),
        ("qmp:[::1]:4444", Address("", "::1", 4444)),
    ],
)
def test_a_running_qemu_is_named_by_its_socket(word: str, address: Address) -> None:
    assert read_backend(word).address == address
    assert str(address) == word.removeprefix("qmp:")


@pytest.mark.parametrize("text", ["", "host:0", "host:65536", "::1:4444", ":4444"])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_backend(f"qmp:{text}")
    assert caught.value.message == f"'{text}' is no address of a QMP server"
    assert caught.value.advice == "use -b qmp:PATH, -b qmp:HOST:PORT or -b qmp:[ADDRESS]:PORT"


def test_how_a_qemu_is_launched_goes_with_its_name() -> None:
    name = backend_of(Arguments(backend="qsd", qemu="build", wrapper="valgrind -q '--log-file=a b'", keep=True))
    assert name.launch == Launch("build", ("valgrind", "-q", "--log-file=a b"), at_terminal=False, keep=True)


@pytest.mark.parametrize(
    ("arguments", "message", "advice"),
    [
        (Arguments(qemu="x"), "--qemu is about a QEMU that is launched for the run", "add -b qemu or -b qsd"),
        (
            Arguments(backend="sim", wrapper="x"),
            "--wrapper is about a QEMU that is launched for the run",
            "add -b qemu or -b qsd",
        ),
        (
            Arguments(backend="qmp:/x", keep=True),
            "--keep is about a QEMU that is launched for the run",
            "add -b qemu or -b qsd",
        ),
        (
            Arguments(backend="qsd", wrapper="a 'b"),
            "--wrapper cannot be split into words: No closing quotation",
            "quote it as in a shell",
        ),
        (Arguments(backend="qsd", wrapper=" "), "--wrapper is empty", "for example: --wrapper 'gdb --args'"),
    ],
)
def test_an_option_of_another_backend_is_told(arguments: Arguments, message: str, advice: str) -> None:
    with pytest.raises(UsageError) as caught:
        backend_of(arguments)
    assert (caught.value.message, caught.value.advice) == (message, advice)
