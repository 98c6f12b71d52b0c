"""The socket's place in the file system."""

from __future__ import annotations

import socket
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from txsh.backends.sim.monitor.place import Place, Taken

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def path() -> Iterator[Path]:
    """A short path that is free; a socket's may not be long."""
    with tempfile.TemporaryDirectory(prefix="txsh-") as folder:
        yield Path(folder) / "s"


def refusal(path: Path | str) -> str:
    with pytest.raises(Taken) as taken, Place(str(path)):
        pass
    return str(taken.value)


def test_only_the_owner_may_connect(path: Path) -> None:
    with Place(str(path)):
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600


def test_it_is_gone_at_the_end(path: Path) -> None:
    with Place(str(path)):
        assert path.is_socket()
    assert not path.exists()


def test_a_socket_that_somebody_serves_is_left_alone(path: Path) -> None:
    with Place(str(path)) as first:
        assert refusal(path) == "somebody serves there already"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
        assert path.is_socket()
        first.listener.accept()[0].close()


def test_a_socket_whose_backlog_is_full_is_served(path: Path) -> None:
    with Place(str(path)):
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(str(path))
        assert refusal(path) == "somebody serves there already"
        for each in waiting:
            each.close()


def test_what_a_killed_server_left_behind_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    assert path.is_socket()
    with Place(str(path)), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_another_file_is_left_alone(path: Path) -> None:
    path.write_text("precious")
    assert refusal(path) == "there is something that is no socket"
    assert path.read_text() == "precious"


def test_a_socket_that_replaced_ours_is_not_removed(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        with Place(str(path)):
            path.unlink()
            other.bind(str(path))
        assert path.is_socket()


def test_what_cannot_be_made_says_why(path: Path) -> None:
    assert refusal(path.parent / "no" / "s") == "No such file or directory"
    assert refusal(path.parent / ("x" * 120)) == "its path is longer than 107 bytes, the most that a socket can have"
