"""What a conversation starts with: images that QEMU makes itself, nodes over them in some stacking, bitmaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    from tests.agreement_wire.talk import Talk

CLUSTER = 65536
_PATTERN_MAX = 250


class World:
    """The names that a conversation uses; some of them exist.

    Attributes:
        sources, targets: node names.
    """

    def __init__(self, random: Random, talk: Talk, program: str) -> None:
        self.random = random
        self.talk = talk
        self.program = program
        self.clusters = random.choice((4, 16, 16, 33))
        self.size_bytes = self.clusters * CLUSTER - random.choice((0, 0, 0, 512, 4096, CLUSTER // 2))
        self.sources = [f"s{index}" for index in range(random.choice((1, 2, 2)))]
        self.targets = [f"t{index}" for index in range(random.choice((1, 2, 3)))]
        self._names = 0

    def make(self) -> None:
        """Make everything."""
        for node in self.sources + self.targets:
            self.make_node(node)
        for node in self.sources:
            self.talk.ask("block-dirty-bitmap-add", {"node": node, "name": "b0"} | self.bitmap_options())
            self.write(node)

    def make_node(self, node: str) -> None:
        """A node of any kind under this name."""
        kind = self.random.choice(("qcow2", "qcow2", "qcow2", "raw", "null-co", "part"))
        above = self.random.random() < 0.15
        name = f"{node}-below" if above else node
        options = self._options(kind, name)
        self.talk.ask("blockdev-add", options)
        if above:
            self.talk.ask("blockdev-add", {"driver": "blkdebug", "node-name": node, "image": name} | self._rules())

    def bitmap_options(self) -> dict[str, Any]:
        """Members of a new bitmap, most of them sensible."""
        options: dict[str, Any] = {}
        if self.random.random() < 0.3:
            options["granularity"] = self.random.choice((512, 4096, 65536, 1 << 20, 1 << 31, 256, 1000, 0))
        if self.random.random() < 0.2:
            options["persistent"] = self.random.random() < 0.8
        if self.random.random() < 0.2:
            options["disabled"] = self.random.random() < 0.8
        return options

    def write(self, node: str) -> None:
        """Guest I/O, where this program lets a client do it."""
        if self.program != "qemu-system":
            return
        offset = self.random.randrange(self.clusters) * CLUSTER + self.random.choice((0, 0, 0, 512, 4096))
        length = self.random.choice((512, 4096, CLUSTER, CLUSTER, 3 * CLUSTER))
        pattern = self.random.randrange(1, _PATTERN_MAX)
        operation = self.random.choice(
            (f"write -P {pattern}",) * 5 + ("write", "write -z", "write -zu", "discard", "read", f"read -P {pattern}"),
        )
        request = f"{operation} {offset} {length}" if self.random.random() < 0.9 else "flush"
        self.talk.ask("human-monitor-command", {"command-line": f'qemu-io {node} "{request}"'})

    def node(self) -> str:
        """A node's name; now and then of none, or of one nobody should use."""
        names = self.sources * 6 + self.targets * 2 + ["nope", "", f"{self.sources[0]}-below"]
        return self.random.choice(names)

    def fresh(self, prefix: str) -> str:
        """A name that was not used yet."""
        self._names += 1
        return f"{prefix}{self._names}"

    def _options(self, kind: str, node: str) -> dict[str, Any]:
        options: dict[str, Any] = {"node-name": node}
        if kind == "null-co":
            return options | {"driver": "null-co", "size": self.size_bytes, "read-zeroes": self.random.random() < 0.5}
        file = self.fresh("f")
        self._run_job("blockdev-create", {"driver": "file", "filename": file, "size": self.size_bytes + CLUSTER})
        below: dict[str, Any] = {"driver": "file", "filename": file}
        if self.random.random() < 0.5:
            below["node-name"] = f"{node}-file"
        if self.random.random() < 0.3:
            options |= {"discard": "unmap"}
        if kind == "raw":
            return options | {"driver": "raw", "file": below, "size": self.size_bytes // 512 * 512}
        if kind == "part":
            part = {"offset": self.random.choice((0, 512, CLUSTER)), "size": self.size_bytes // 512 * 512}
            return options | {"driver": "raw", "file": below} | part
        self.talk.ask("blockdev-add", {"driver": "file", "node-name": f"{node}-file", "filename": file})
        create: dict[str, Any] = {"driver": "qcow2", "file": f"{node}-file", "size": self.size_bytes // 512 * 512}
        if self.random.random() < 0.4:
            cluster_bytes = self.random.choice((512, 4096, 65536, 131072, 1 << 21))
            # Room that was only set aside counts as a hole until it was read once: what the kernel has of it tells.
            create["cluster-size"] = (
                cluster_bytes if node.partition("-")[0] not in self.sources else min(cluster_bytes, CLUSTER)
            )
        if self.random.random() < 0.2:
            create["version"] = self.random.choice(("v2", "v3"))
        self._run_job("blockdev-create", create)
        return options | {"driver": "qcow2", "file": f"{node}-file"}

    def _run_job(self, command: str, options: dict[str, Any]) -> None:
        job = self.fresh("create")
        if self.talk.works(command, {"job-id": job, "options": options}):
            self.talk.await_end(job)
            self.talk.ask("query-jobs")
            self.talk.ask("job-dismiss", {"id": job})

    def _rules(self) -> dict[str, Any]:
        rule: dict[str, Any] = {
            "event": "none",
            "iotype": self.random.choice(("read", "write", "write-zeroes", "flush", "discard")),
            "errno": self.random.choice((5, 28, 1)),
            "sector": self.random.randrange(self.clusters) * CLUSTER // 512,
        }
        if self.random.random() < 0.4:
            rule["once"] = True
        return {"inject-error": [rule]}
