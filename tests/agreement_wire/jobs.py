"""Longer stretches of a random conversation: jobs under faults, groups held at every state, nodes that come and go.

Nothing in them is left to the clock: one worker, a speed that lets one chunk pass, faults that lie at a place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.agreement_wire.world import CLUSTER

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.agreement_wire.talk import Talk
    from tests.agreement_wire.world import World

_EVENTS = ("none", "read_aio", "write_aio", "pwritev", "l2_load", "l2_update", "cluster_alloc", "flush_to_disk")
_VERBS = ("cancel", "pause", "resume", "finalize", "dismiss", "complete")
_LOOKS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("query-jobs", None),
    ("query-block-jobs", None),
    ("query-named-block-nodes", None),
    ("query-named-block-nodes", {"flat": True}),
    ("query-block", None),
    ("query-block-exports", None),
    ("x-debug-query-block-graph", None),
    ("query-status", None),
)


class JobAuthor:
    """Writes such stretches into a conversation that goes on around them.

    Args:
        random: decides everything.
        talk: says it to both.
        world: the nodes there are.
    """

    def __init__(self, random: Random, talk: Talk, world: World) -> None:
        self._random = random
        self._talk = talk
        self._world = world
        self._count = 0

    def any(self) -> None:
        """One of them.

        Raises:
            Parted, Over, NotSaid: as `Talk` does.
        """
        steps: tuple[Callable[[], None], ...] = (
            self._group,
            self._group,
            self._faulty,
            self._faulty,
            self._drive_backup,
            self._reopen,
            self._stored,
            self._long_list,
            self._exported,
        )
        self._random.choice(steps)()
        self.look()

    def look(self) -> None:
        """Ask for two things that can be looked at."""
        for command, arguments in self._random.sample(_LOOKS, 2):
            self._talk.ask(command, arguments)

    def _group(self) -> None:
        """A grouped list of members held at their first chunk, and commands to them until they are gone."""
        random = self._random
        count = random.choice((1, 2, 2, 3))
        targets = [self._fresh_target() for _ in range(count)]
        jobs = [self._new("g") for _ in targets]
        members = [self._held(job, target) for job, target in zip(jobs, targets, strict=True)]
        actions = [{"type": "blockdev-backup", "data": member} for member in members]
        whole: dict[str, Any] = {"actions": actions}
        if random.random() < 0.8:
            whole["properties"] = {"completion-mode": "grouped"}
        if self._talk.works("transaction", whole):
            self._command(jobs)
        for target in targets:
            self._talk.ask("blockdev-del", {"node-name": target})

    def _faulty(self) -> None:
        """A backup over fault filters with ladders of states, its errors met, resumed, and its end."""
        random = self._random
        target, source = self._fresh_target(), random.choice(self._world.sources)
        filters: list[str] = []
        if random.random() < 0.7:
            source = self._filter(source, ("read", "write", "discard"), filters)
        if random.random() < 0.7:
            target = self._filter(target, ("write", "write-zeroes", "flush"), filters)
        job = self._new("e")
        arguments = self._held(job, target) | {"device": source}
        for side in ("source", "target"):
            arguments[f"on-{side}-error"] = random.choice(("report", "stop", "stop", "enospc"))
        if self._talk.works("blockdev-backup", arguments):
            self._command([job])
        for name in reversed(filters):
            self._talk.ask("blockdev-del", {"node-name": name})

    def _command(self, jobs: list[str]) -> None:
        """Commands to jobs, guest writes between them; at the end all are let go."""
        for _ in range(self._random.randrange(2, 9)):
            job = self._random.choice(jobs)
            which = self._random.random()
            if which < 0.25:
                self._world.write(self._random.choice(self._world.sources))
            elif which < 0.45:
                self._talk.ask("block-job-set-speed", {"device": job, "speed": 0})
            elif which < 0.7:
                self._talk.ask(f"job-{self._random.choice(_VERBS)}", {"id": job})
            elif which < 0.8:
                verb = self._random.choice(_VERBS)
                member = "id" if verb in ("finalize", "dismiss") else "device"
                self._talk.ask(f"block-job-{verb}", {member: job})
            elif which < 0.85:
                self._talk.ask("block-job-change", {"id": job, "type": "backup"})
            else:
                self._talk.ask("query-jobs")
        for verb in ("resume", "speed", "resume", "finalize", "cancel", "dismiss"):
            for job in jobs:
                if verb == "speed":
                    self._talk.ask("block-job-set-speed", {"device": job, "speed": 0})
                else:
                    self._talk.ask(f"job-{verb}", {"id": job})
        self._talk.ask("query-jobs")

    def _held(self, job: str, target: str) -> dict[str, Any]:
        """Arguments of a backup that copies one chunk and then waits for its speed to be set."""
        random = self._random
        arguments: dict[str, Any] = {
            "job-id": job,
            "device": random.choice(self._world.sources),
            "target": target,
            "sync": random.choice(("full", "full", "top", "none", "incremental", "bitmap")),
            "x-perf": {"max-workers": 1, "max-chunk": random.choice((1, 2, 4)) * CLUSTER},
            "speed": 1,
        }
        if arguments["sync"] in ("incremental", "bitmap") or random.random() < 0.1:
            arguments["bitmap"] = random.choice(("b0", "b0", "b1"))
            arguments["bitmap-mode"] = "on-success"
        if arguments["sync"] == "bitmap":
            # Not always: its bitmap does not come through a refusal.
            arguments["bitmap-mode"] = random.choice(("on-success", "never"))
        for name, values in (
            ("auto-finalize", (False,)),
            ("auto-dismiss", (False,)),
            ("filter-node-name", (f"{job}-filter", "s0", "1x")),
            ("on-cbw-error", ("break-guest-write", "break-snapshot")),
            ("cbw-timeout", (0, 1)),
            ("discard-source", (True, False)),
            ("compress", (True, False)),
        ):
            if random.random() < (0.35 if name.startswith("auto") else 0.08):
                arguments[name] = random.choice(values)
        if random.random() < 0.08:
            arguments["x-perf"]["min-cluster-size"] = random.choice((0, 3, 4096, 131072, 1 << 20))
        if random.random() < 0.08:
            arguments["x-perf"]["use-copy-range"] = True
        if random.random() < 0.05:
            arguments["x-perf"][random.choice(("max-workers", "max-chunk"))] = random.choice((0, -1, 4096, 1 << 40))
        return arguments

    def _fresh_target(self) -> str:
        """A new node without data, of the size of the sources."""
        node = self._new("n")
        self._world.make_node(node)
        return node

    def _filter(self, node: str, operations: tuple[str, ...], filters: list[str]) -> str:
        name = self._new("d")
        rules: dict[str, Any] = {
            "inject-error": [self._rule(operations) for _ in range(self._random.choice((1, 1, 2)))]
        }
        if self._random.random() < 0.4:
            rules["set-state"] = [
                {"event": self._random.choice(_EVENTS[1:]), "state": state, "new_state": state + 1}
                for state in range(1, self._random.choice((2, 3, 4)))
            ]
        if self._talk.works("blockdev-add", {"driver": "blkdebug", "node-name": name, "image": node} | rules):
            filters.append(name)
            return name
        return node

    def _rule(self, operations: tuple[str, ...]) -> dict[str, Any]:
        random = self._random
        rule: dict[str, Any] = {
            "event": random.choice(("none", "none", "none", *_EVENTS)),
            "iotype": random.choice(operations),
            "errno": random.choice((5, 28, 1, 32)),
        }
        if random.random() < 0.7:
            rule["sector"] = random.randrange(self._world.clusters) * CLUSTER // 512
        if random.random() < 0.6:
            rule["once"] = True
        if random.random() < 0.2:
            rule["state"] = random.choice((0, 1, 2, 3))
        if random.random() < 0.1:
            rule["immediately"] = random.random() < 0.7
        return rule

    def _drive_backup(self) -> None:
        random = self._random
        job = self._new("v")
        arguments = self._held(job, self._new("file")) | {"format": random.choice(("raw", "qcow2", "foo"))}
        if random.random() < 0.3:
            arguments["mode"] = random.choice(("existing", "absolute-paths"))
        if random.random() < 0.3:
            del arguments["format"]
        if self._talk.works("drive-backup", arguments):
            self._command([job])

    def _reopen(self) -> None:
        random = self._random
        node = self._world.node()
        options: dict[str, Any] = {"node-name": node, "driver": random.choice(("qcow2", "raw", "null-co"))}
        options["file"] = f"{node}-file"
        for name, values in (
            ("read-only", (True, False)),
            ("discard", ("unmap", "ignore")),
            ("detect-zeroes", ("on", "off")),
            ("cache", ({"direct": False}, {"no-flush": True})),
        ):
            if random.random() < 0.4:
                options[name] = random.choice(values)
        self._talk.ask("blockdev-reopen", {"options": [options]})
        self._talk.ask("block-dirty-bitmap-clear", {"node": node, "name": "b0"})
        if random.random() < 0.8:
            back = {"node-name": node, "driver": options["driver"], "file": f"{node}-file", "read-only": False}
            self._talk.ask("blockdev-reopen", {"options": [back]})

    def _stored(self) -> None:
        """An image with persistent bitmaps is closed and opened again."""
        random = self._random
        node, file = self._new("p"), self._new("pf")
        size_bytes = self._world.size_bytes // 512 * 512
        for options in (
            {"driver": "file", "filename": file, "size": 0},
            {"driver": "qcow2", "file": {"driver": "file", "filename": file}, "size": size_bytes},
        ):
            job = self._new("create")
            self._talk.ask("blockdev-create", {"job-id": job, "options": options})
            self._talk.ask("job-dismiss", {"id": job})
        opened = {"driver": "qcow2", "node-name": node, "file": {"driver": "file", "filename": file}}
        self._talk.ask("blockdev-add", opened)
        for name in ("b0", "b1", "b2")[: random.choice((1, 2, 3))]:
            arguments = {"node": node, "name": name, "persistent": True} | self._world.bitmap_options()
            self._talk.ask("block-dirty-bitmap-add", arguments)
        for _ in range(random.choice((1, 2, 3))):
            self._world.write(node)
        self._talk.ask("blockdev-del", {"node-name": node})
        self._talk.ask("blockdev-add", opened | {"read-only": random.random() < 0.4})
        self._talk.ask("query-named-block-nodes", {"flat": True})
        for verb in random.sample(("clear", "enable", "disable", "remove", "clear"), 3):
            self._talk.ask(f"block-dirty-bitmap-{verb}", {"node": node, "name": random.choice(("b0", "b1"))})
        self._talk.ask("x-debug-block-dirty-bitmap-sha256", {"node": node, "name": "b0"})
        self._talk.ask("blockdev-del", {"node-name": node})

    def _long_list(self) -> None:
        """Ten and more bitmap actions on one node, sometimes refused at the end."""
        random = self._random
        node = random.choice(self._world.sources)
        actions: list[dict[str, Any]] = []
        for index in range(random.randrange(8, 24)):
            name = random.choice(("b0", "b0", "l0", "l1", f"l{index}"))
            kind = random.choice(("add", "add", "clear", "disable", "remove", "merge"))
            data: dict[str, Any] = {"node": node, "name": name}
            if kind == "merge":
                data = {"node": node, "target": name, "bitmaps": ["b0"]}
            if kind == "add":
                data |= self._world.bitmap_options()
            actions.append({"type": f"block-dirty-bitmap-{kind}", "data": data})
            if kind in ("add", "clear", "disable") and name != "b0" and random.random() < 0.5:
                actions.append({"type": "block-dirty-bitmap-remove", "data": {"node": node, "name": name}})
        for cut in range(len(actions), 0, -random.choice((3, 5))):
            if self._talk.works("transaction", {"actions": actions[:cut]}):
                break

    def _exported(self) -> None:
        """A bitmap that an export holds, and what is refused meanwhile."""
        random = self._random
        node = random.choice(self._world.sources)
        self._talk.ask("nbd-server-start", {"addr": {"type": "unix", "data": {"path": "nbd"}}, "max-connections": 0})
        name = self._new("x")
        arguments: dict[str, Any] = {"type": "nbd", "id": name, "node-name": node, "bitmaps": ["b0"]}
        if random.random() < 0.5:
            arguments["name"] = random.choice((name, "", "x" * 300))
        for member in ("writable", "writethrough", "allocation-depth"):
            if random.random() < 0.3:
                arguments[member] = random.random() < 0.7
        self._talk.ask("block-export-add", arguments)
        for verb in ("disable", "clear", "enable", "remove"):
            if random.random() < 0.5:
                self._talk.ask(f"block-dirty-bitmap-{verb}", {"node": node, "name": "b0"})
        self._talk.ask("query-block-exports")
        self._talk.ask("block-export-del", {"id": name})

    def _new(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"
