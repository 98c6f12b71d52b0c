"""Reading scripts: every way in which a file can be none."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from txsh.cli import script
from txsh.cli.script import Unreadable, read_script
from txsh.syntax.diagnostic import Diagnostic
from txsh.syntax.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def reason(path: Path) -> str:
    found = read_script(str(path))
    assert isinstance(found, Unreadable)
    assert found.name == str(path)
    return found.reason


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert reason(tmp_path / "none.txsh") == "No such file or directory"


def test_a_directory_is_unreadable(tmp_path: Path) -> None:
    assert reason(tmp_path) == "Is a directory"


def test_a_name_that_leads_through_a_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert reason(tmp_path / "a" / "b.txsh") == "Not a directory"


def test_a_name_with_a_zero_byte_is_unreadable() -> None:
    assert isinstance(read_script("a\0b"), Unreadable)


def test_a_file_without_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "BYTES_MAX", 1 << 20)
    found = read_script("/dev/zero")
    assert found == Unreadable("/dev/zero", "it is larger than 1 MiB, so it is no script")


def test_a_file_that_is_not_utf_8_is_told_where(tmp_path: Path) -> None:
    path = tmp_path / "latin.txsh"
    path.write_bytes(b"drive a 64M\necho \xe4\n")
    found = read_script(str(path))
    assert isinstance(found, Diagnostic)
    assert found.name == "not-utf-8"
    assert found.span.place == f"{path}:2:6"


def test_an_empty_file_is_an_empty_script(tmp_path: Path) -> None:
    path = tmp_path / "empty.txsh"
    path.touch()
    found = read_script(str(path))
    assert isinstance(found, Source)
    assert (found.name, found.text) == (str(path), "")


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("echo a\n" * 20_000,))
    writer.start()
    found = read_script(str(path))
    writer.join()
    assert isinstance(found, Source)
    assert len(found.text) == 7 * 20_000
