"""The simulator as the target of a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txsh.backends.base import BackendLost, CommandFailed, GuestError, Image, run_now

if TYPE_CHECKING:
    from txsh.backends.sim.backend import SimBackend

_PROGRAMS = {"qsd": "qsd", "system": "qemu-system"}


class SimulatedTarget:
    """A model QEMU, in process, in virtual time."""

    def __init__(self, version: tuple[int, int]) -> None:
        self._version = version
        self._backend: SimBackend | None = None
        self._ended: str | None = None

    @property
    def backend(self) -> SimBackend:
        """The running model."""
        assert self._backend is not None
        return self._backend

    def start(self, program: str, arguments: list[str]) -> None:
        """Start the model, or start it again on the files as they are."""
        from txsh.backends.sim.backend import SimBackend  # noqa: PLC0415

        if self._backend is not None and self._ended is not None:
            self._backend = self._backend.restart(self._ended)
        else:
            self._backend = SimBackend(self._version, _PROGRAMS[program], arguments=arguments)
        self._ended = None

    def make_image(self, image: dict[str, Any]) -> None:
        """Make a file and what is in it."""
        options = image.get("options") or {}
        backing = image.get("backing")
        compat = {"0.10": "v2", "1.1": "v3"}[options.get("compat", "1.1")]
        cluster = int(options["cluster_size"]) if "cluster_size" in options else None
        host = self.backend.host
        host.remove_image(image["file"])
        run_now(
            host.create_image(
                Image(
                    image["file"],
                    image["format"],
                    image["size"],
                    cluster_bytes=cluster,
                    compat=compat,
                    backing=(backing, "qcow2") if backing else None,
                ),
            ),
        )
        for offset, length, pattern in image["data"]:
            host.write_image(image["file"], offset, length, pattern)
        for bitmap in image.get("bitmaps", ()):
            host.add_stored_bitmap(image["file"], bitmap["name"], disabled=bitmap["disabled"])

    def execute(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send one command to the model."""
        try:
            value = run_now(self.backend.execute(message["execute"], message.get("arguments", {})))
        except CommandFailed as failed:
            return {"error": {"class": failed.error_class, "desc": failed.description}}
        except BackendLost:
            return None
        return {"return": value}

    def next_event(self, seconds: float) -> dict[str, Any] | None:
        """Let virtual time pass until an event comes."""
        deadline_us = self.backend.now_us() + int(seconds * 1_000_000)
        try:
            event = run_now(self.backend.next_event(deadline_us))
        except BackendLost:
            return None
        return None if event is None else {"event": event.name, "data": dict(event.data)}

    def clock(self) -> float:
        """Virtual time."""
        return self.backend.now_us() / 1_000_000

    def guest(self, io: dict[str, Any]) -> str | None:
        """Read or write as the guest does."""
        host, node, offset, length = self.backend.host, io["node"], io["offset"], io["length"]
        try:
            match io["op"]:
                case "write":
                    run_now(host.write(node, offset, length, io["pattern"]))
                case "write-zeroes":
                    run_now(host.zero(node, offset, length, unmap=False))
                case "discard":
                    run_now(host.discard(node, offset, length))
                case "flush":
                    run_now(host.flush(node))
                case "read":
                    mismatch = run_now(host.read(node, offset, length, io["pattern"]))
                    return None if mismatch is None else "Pattern verification failed"
        except GuestError as failed:
            return failed.description
        return None

    def file_exists(self, file: str) -> bool:
        """Whether the scratch folder has the file."""
        return self.backend.host.file_exists(file)

    def stored_bitmaps(self, file: str) -> list[dict[str, Any]] | None:
        """What ``qemu-img info`` would say of the file."""
        return self.backend.host.stored_bitmaps(file)

    def file_bytes(self, file: str) -> bytes:
        """All bytes of the model's file."""
        stored = self.backend.disk.files[file]
        return b"".join(
            bytes([value or 0]) * (end - start) for start, end, value in stored.runs.runs(0, stored.size_bytes)
        )

    def end(self, how: str) -> None:
        """End the model as its process was ended."""
        self._ended = "quit" if how == "quit" else "killed"

    def close(self) -> None:
        """Nothing is left."""
        self._backend = None
