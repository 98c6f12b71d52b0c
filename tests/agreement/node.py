"""Random conversations about nodes: opened in any stacking, wrong in any way, made by blockdev-create, looked at whole.

Files are made with qemu-img or by the conversation itself; nothing is read or written, so that nothing can race.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from tests.agreement.recorder import Lost, Recorder
from txsh.backends.base import NotSimulated

if TYPE_CHECKING:
    from tests.replay.recording import Recording

_STEPS = 60
_SIZE = 1 << 20
_NAMES = tuple(f"n{index}" for index in range(10))
_FILES = ("a", "b", "c", "base", "top")
_ODD_NAMES = ("", "1x", "x" * 32, "#block0", "a b", "n.1-_")
_SIZES = (_SIZE, _SIZE, _SIZE, 512, 0, 1000, 65536, 3 * _SIZE + 512, -512)
_PERMISSIONS = ("consistent-read", "write", "write-unchanged", "resize")
_QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("query-named-block-nodes", {"flat": True}),
    ("query-named-block-nodes", {}),
    ("query-named-block-nodes", {"flat": False}),
    ("x-debug-query-block-graph", {}),
    ("query-block-exports", {}),
    ("query-jobs", {}),
    ("query-block-jobs", {}),
)


def node_conversation(seed: int, version: tuple[int, int]) -> Recording:
    """The conversation of one seed, with the simulator's answers."""
    random = Random(seed)
    recorder = Recorder(f"nodes-{seed}", version, random.choice(("qsd", "qsd", "system")))
    try:
        _Author(random, recorder).write()
    except Lost:
        return recorder.recording()
    recorder.end("killed")
    return recorder.recording()


class _Author:
    def __init__(self, random: Random, recorder: Recorder) -> None:
        self._random = random
        self._recorder = recorder
        self._jobs = 0

    def write(self) -> None:
        recorder, random = self._recorder, self._random
        recorder.start()
        recorder.image("a", "raw", _SIZE, [])
        recorder.image("base", "qcow2", _SIZE, [[0, 65536, 17]])
        recorder.image("top", "qcow2", _SIZE, [], backing="base")
        recorder.command("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "nbd.sock"}}})
        for _ in range(_STEPS):
            steps = (self._add, self._delete, self._create, self._reopen, self._bitmap, self._export)
            random.choices(steps, (10, 3, 3, 0, 1, 1))[0]()
            for query in random.sample(_QUERIES, 2):
                recorder.command(*query)

    def _add(self) -> None:
        options = self._options(0)
        if self._chance(0.95):
            options["node-name"] = self._new_name()
        self._recorder.command("blockdev-add", options)

    def _delete(self) -> None:
        self._recorder.command("blockdev-del", {"node-name": self._any_name()})

    def _create(self) -> None:
        random = self._random
        self._jobs += 1
        if self._chance(0.4):
            options: dict[str, Any] = {"driver": "file", "filename": random.choice(_FILES), "size": self._size()}
            if self._chance(0.2):
                options["preallocation"] = random.choice(("off", "metadata", "falloc", "full"))
        else:
            options = {"driver": "qcow2", "file": self._reference(1), "size": self._size()}
            options |= self._qcow2_options()
        job = f"c{self._jobs}"
        try:
            self._recorder.command("blockdev-create", {"job-id": job, "options": options})
        except NotSimulated:
            self._recorder.take_back()
            return
        self._recorder.command("query-jobs", {})
        self._recorder.command("job-dismiss", {"id": job})

    def _qcow2_options(self) -> dict[str, Any]:
        random = self._random
        choices: tuple[tuple[str, tuple[Any, ...]], ...] = (
            ("version", ("v2", "v3")),
            ("cluster-size", (65536, 4096, 2 << 20, 256, 1000)),
            ("backing-file", ("base", "a", "gone")),
            ("backing-fmt", ("qcow2", "raw")),
            ("preallocation", ("off", "metadata", "falloc")),
            ("lazy-refcounts", (True, False)),
            ("refcount-bits", (16, 16, 1, 64, 3)),
            ("compression-type", ("zlib", "zstd")),
        )
        return {name: random.choice(values) for name, values in choices if self._chance(0.15)}

    def _reopen(self) -> None:
        lists = [{**self._options(0), "node-name": self._any_name()} for _ in range(self._random.choice((1, 1, 2)))]
        self._recorder.command("blockdev-reopen", {"options": lists})

    def _bitmap(self) -> None:
        # Not persistent: where a format keeps those in its file is not modelled.
        arguments = {"node": self._any_name(), "name": self._random.choice("xyz")}
        self._recorder.command("block-dirty-bitmap-add", arguments)

    def _export(self) -> None:
        name = self._random.choice("ef")
        if self._chance(0.4):
            self._recorder.command("block-export-del", {"id": name})
            return
        arguments = {"type": "nbd", "id": name, "node-name": self._any_name(), "writable": self._chance(0.6)}
        self._recorder.command("block-export-add", arguments)

    # Options

    def _options(self, depth: int) -> dict[str, Any]:
        random = self._random
        kinds = ("file", "file", "null-co", "null-aio", "raw", "raw", "qcow2", "qcow2", "blkdebug")
        kind = random.choice(kinds if depth < 3 else kinds[:3])
        options: dict[str, Any] = {"driver": kind}
        if kind == "file":
            options["filename"] = "gone" if self._chance(0.05) else random.choice(_FILES)
            if self._chance(0.1):
                options["locking"] = random.choice(("on", "off", "auto"))
        elif kind in ("null-co", "null-aio"):
            if self._chance(0.9):
                options["size"] = abs(self._size())
            if self._chance(0.3):
                options["read-zeroes"] = self._chance(0.7)
        else:
            options |= self._above(kind, depth)
        options |= self._common()
        if depth and self._chance(0.3):
            options["node-name"] = self._new_name()
        return options

    def _above(self, kind: str, depth: int) -> dict[str, Any]:
        random = self._random
        if kind == "blkdebug":
            options = {"image": self._reference(depth + 1)}
            if self._chance(0.5):
                options["inject-error"] = [self._rule() for _ in range(random.choice((0, 1, 1, 2)))]
            for name in ("take-child-perms", "unshare-child-perms"):
                if self._chance(0.15):
                    options[name] = random.sample(_PERMISSIONS, random.choice((1, 2)))
            return options
        options = {"file": self._reference(depth + 1)}
        if kind == "qcow2" and self._chance(0.3):
            options["backing"] = None if self._chance(0.4) else self._reference(depth + 1)
        if kind == "raw" and self._chance(0.3):
            options["offset"] = random.choice((0, 512, 65536, _SIZE, 2 * _SIZE, 1))
        if kind == "raw" and self._chance(0.3):
            options["size"] = random.choice((0, 512, 65536, _SIZE, 2 * _SIZE, 1000))
        return options

    def _rule(self) -> dict[str, Any]:
        members = (("iotype", "flush"), ("errno", 28), ("sector", 7), ("once", True))
        rule: dict[str, Any] = {name: value for name, value in members if self._chance(0.4)}
        # A state that is never reached, so that no fault strikes.
        return rule | {"event": self._random.choice(("none", "l2_load")), "state": 9}

    def _common(self) -> dict[str, Any]:
        random = self._random
        options: dict[str, Any] = {}
        if self._chance(0.2):
            options["read-only"] = self._chance(0.7)
        if self._chance(0.1):
            options["auto-read-only"] = self._chance(0.7)
        if self._chance(0.15):
            options["discard"] = random.choice(("ignore", "unmap"))
        if self._chance(0.15):
            options["detect-zeroes"] = random.choice(("on", "off", "unmap"))
        if self._chance(0.15):
            members = ("direct", "no-flush")
            options["cache"] = {name: self._chance(0.5) for name in members if self._chance(0.6)}
        if self._chance(0.05):
            options["force-share"] = self._chance(0.8)
        return options

    def _reference(self, depth: int) -> Any:
        if self._chance(0.45):
            return self._any_name()
        return self._options(depth)

    def _any_name(self) -> str:
        """A node that is there, seldom another name."""
        nodes: list[str] = [node["node-name"] for node in self._recorder.ask("query-named-block-nodes", flat=True)]
        named = [name for name in nodes if not name.startswith("#")]
        if named and self._chance(0.93):
            return self._random.choice(named)
        return self._random.choice(_NAMES)

    def _new_name(self) -> str:
        if self._chance(0.04):
            return self._random.choice(_ODD_NAMES)
        nodes = {node["node-name"] for node in self._recorder.ask("query-named-block-nodes", flat=True)}
        free = [name for name in _NAMES if name not in nodes]
        return self._random.choice(free if free and self._chance(0.9) else _NAMES)

    def _size(self) -> int:
        return self._random.choice(_SIZES)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
