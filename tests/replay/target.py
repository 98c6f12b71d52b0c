"""What a recording is replayed against: a few verbs that the simulator and a real QEMU both have."""

from __future__ import annotations

from typing import Any, Protocol


class Target(Protocol):
    """One process and its image files. Names of files are relative to the folder of the process."""

    def start(self, program: str, arguments: list[str]) -> None:
        """Start a process (``qsd`` or ``system``), again after `end`, on the files as they are."""
        ...

    def make_image(self, image: dict[str, Any]) -> None:
        """Make a file as an ``image`` line says, anew when it is there."""
        ...

    def execute(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send a command; its reply (``return`` or ``error``), None when the process died or fell silent."""
        ...

    def next_event(self, seconds: float) -> dict[str, Any] | None:
        """The next event (``event``, ``data``), None when none comes within that time."""
        ...

    def clock(self) -> float:
        """Seconds, on the clock that `next_event` waits by."""
        ...

    def guest(self, io: dict[str, Any]) -> str | None:
        """Do what a ``guest`` line says; the text of the error, None when it went well."""
        ...

    def file_exists(self, file: str) -> bool:
        """Whether a file is there."""
        ...

    def stored_bitmaps(self, file: str) -> list[dict[str, Any]] | None:
        """The bitmaps a qcow2 file holds (name, granularity, flags); None when there are none."""
        ...

    def file_bytes(self, file: str) -> bytes:
        """All of a raw file."""
        ...

    def end(self, how: str) -> None:
        """End the process: ``quit`` by the command, ``killed`` at once."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...
